import { type Limits, MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { testLimits } from '@packetboat/core/testing';
import { type Server, startServer } from '../start_server.ts';
import { TestClient } from './test_client.ts';

/** A server on a free port over a memory store, with tiny limits, and what tests ask of it. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly store: MemoryStore;
  /** What was logged, as level and message. */
  readonly logged: string[];
  /** The value of a metric, with its labels as they stand in `/metrics`. */
  metric(name: string): Promise<number>;
  /** Another client's publish and subscribe go on. */
  alive(): Promise<void>;
}

export async function testServer(overrides: Partial<Limits> = {}): Promise<TestServer> {
  const limits = testLimits(overrides);
  const store = new MemoryStore({ world: nodeWorld, limits });
  const logged: string[] = [];
  const say = (level: string) => (_details: object, message: string) => void logged.push(`${level} ${message}`);
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const server = await startServer({ store, world: nodeWorld, port: 0, limits, log });
  return {
    server,
    store,
    logged,
    async metric(name) {
      const response = await fetch(`${server.url}/metrics`, { headers: { Connection: 'close' } });
      const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `));
      return Number(line?.slice(name.length) ?? 0);
    },
    async alive() {
      await using client = await TestClient.connect(server.url);
      await client.roundTrip();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await store.close();
    },
  };
}
