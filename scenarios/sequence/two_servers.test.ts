/** Two servers over one store: a sequence that began at one goes on at the other. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { type Server, startServer } from '@packetboat/server';
import { packetboat } from '../support/packetboat.ts';

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function twoServers(): Promise<{ readonly store: MemoryStore; readonly servers: readonly [Server, Server] }> {
  const store = new MemoryStore({ world: nodeWorld, shared: true });
  const serve = () => startServer({ store, world: nodeWorld, port: 0 });
  const servers = [await serve(), await serve()] as const;
  for (const server of servers) endings.push(() => server.stop());
  return { store, servers };
}

/** A link to `server`, on a port that an earlier one had. */
async function linkTo({ host, port: target }: Server, port = 0): Promise<Proxy> {
  const listen = { host: '127.0.0.1', port };
  const proxy = await startProxy({ listen, target: { host, port: target }, world: nodeWorld });
  endings.push(() => proxy.stop());
  return proxy;
}

const success = 'system - SUCCESS! local checksum and server checksum are equal';

for (const isStopped of [false, true]) {
  const what = isStopped ? 'its server is stopped' : 'its link leads there, and back';
  test(`sequence: two servers over one store: ${what}: it goes on at the other [C2.3] [A2.8]`, async () => {
    const { store, servers } = await twoServers();
    const [first, second] = servers;
    let link = await linkTo(first);
    const running = packetboat(['sequence', '40', '--tick-ms', '50', '--server', `http://127.0.0.1:${link.port}`]);
    endings.push(() => running.end('SIGKILL'));
    const moves: [Server, RegExp][] = [
      [second, /^\[5\] /],
      [isStopped ? second : first, /^\[20\] /],
    ];
    for (const [server, when] of moves) {
      await running.line(when);
      await link.stop();
      if (isStopped) await first.stop();
      link = await linkTo(server, link.port);
    }
    assert.equal((await running.exited).code, 0, running.printed.join('\n'));
    const counts = running.stdout.flatMap((line) => /^\[(\d+)\] number: \d+$/.exec(line)?.[1] ?? []);
    const expected = Array.from({ length: 40 }, (_, index) => String(index + 1));
    assert.deepEqual(counts, expected);
    assert.equal(running.stdout.at(-1), success);
    assert.equal(running.stderr.filter((line) => line.includes('resumed at number')).length, 2);
    // The farewell is on its way when the command ends.
    for (const prefix of ['session/', 'sequence/']) {
      while ((await store.map.list(prefix, undefined, 1)).length > 0) await setTimeout(10);
    }
  });
}
