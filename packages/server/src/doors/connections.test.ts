/** A server with as many connections as it may hold, and sessions that come back to it. */
import assert from 'node:assert/strict';
import { Agent, get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import type { Limits, SessionIdentity } from '@packetboat/core';
import { RawSocket } from '../testing/raw_socket.ts';
import { TestClient } from '../testing/test_client.ts';
import { testServer } from '../testing/test_server.ts';

/** Sockets above `connectionsMax` that are heard. */
const overMax = 64;

/** A server, and a connection for looking at its metrics, which holds one place. */
async function watchedServer(limits: Partial<Limits>) {
  const bench = await testServer({ keepAliveMs: 60_000, ...limits });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const metric = async (name: string): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(`${bench.server.url}/metrics`, { agent }, resolve).on('error', reject);
    const body = await text(await promise);
    return Number(new RegExp(`^packetboat_${name} (\\d+)$`, 'm').exec(body)?.[1] ?? NaN);
  };
  await metric('connections');
  return {
    bench,
    until: async (name: string, value: number) => {
      while ((await metric(name)) !== value);
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await bench[Symbol.asyncDispose]();
    },
  };
}

/** What a hello is answered with: `resumed`, `new`, or the code of a refusal. */
async function greet(url: string, resume?: SessionIdentity): Promise<string> {
  const client = await TestClient.open(url);
  client.say({ type: 'hello', protocol: 1, client: 'test', resume });
  await client.until(() => client.messages.length > 0);
  const [answer] = client.messages;
  if (answer?.type === 'welcome') return answer.resumed ? 'resumed' : 'new';
  return answer?.type === 'refused' ? answer.code : 'nothing';
}

async function identityOf(client: TestClient): Promise<SessionIdentity> {
  const { session, token = '' } = await client.next('welcome');
  return { session, token };
}

test('Connections: a session that lost its link keeps its place: who is new is told fullHouse, and it is resumed [F16] [P4] [P7]', async () => {
  await using watched = await watchedServer({ connectionsMax: 2 });
  const { url } = watched.bench.server;
  const client = await TestClient.connect(url);
  const identity = await identityOf(client);
  client.socket.terminate();
  await watched.until('sessions_attached', 0);
  assert.equal(await greet(url), 'fullHouse');
  const http = await fetch(`${url}/healthz`, { headers: { Connection: 'close' } });
  assert.equal(http.status, 503);
  await http.text();
  assert.equal(await greet(url, identity), 'resumed');
  assert.equal(await greet(url), 'fullHouse');
});

test('Connections: a session that is away no more leaves its place to others', async () => {
  await using watched = await watchedServer({ connectionsMax: 2, windowMs: 50 });
  const { url } = watched.bench.server;
  const client = await TestClient.connect(url);
  client.socket.terminate();
  await watched.until('sessions_expired_total', 1);
  assert.equal(await greet(url), 'new');
});

test('Connections: 50 sessions lose their links at one moment, and the server is full: all are resumed while others knock [F16] [P4] [S2.1]', async () => {
  await using watched = await watchedServer({ connectionsMax: 51 });
  const { url } = watched.bench.server;
  const clients = await Promise.all(Array.from({ length: 50 }, () => TestClient.connect(url)));
  const identities = await Promise.all(clients.map(identityOf));
  for (const { socket } of clients) socket.terminate();
  await watched.until('sessions_attached', 0);
  const knocks = Array.from({ length: 30 }, () => greet(url));
  const returns = await Promise.all(identities.map((identity) => greet(url, identity)));
  assert.deepEqual(new Set(returns), new Set(['resumed']));
  assert.deepEqual(new Set(await Promise.all(knocks)), new Set(['fullHouse']));
});

test('Connections: a full server, and a session whose old connection is half-open: it is taken over [F13] [F16]', async () => {
  await using watched = await watchedServer({ connectionsMax: 2 });
  const { url } = watched.bench.server;
  const client = await TestClient.connect(url);
  assert.equal(await greet(url, await identityOf(client)), 'resumed');
  assert.equal(await client.closed, 4409);
});

test('Connections: who has no place when he comes has one if it is free when he says hello', async () => {
  await using watched = await watchedServer({ connectionsMax: 2 });
  const { url } = watched.bench.server;
  const client = await TestClient.connect(url);
  const late = await TestClient.open(url);
  client.say({ type: 'bye' });
  await client.closed;
  await watched.until('connections', 2);
  late.say({ type: 'hello', protocol: 1, client: 'test' });
  await late.next('welcome');
});

test('Connections: a crowd that never says hello holds a bounded number of sockets for the time of a hello; then a session comes back [F16] [H17] [P7]', async () => {
  await using watched = await watchedServer({ connectionsMax: 2, helloTimeoutMs: 3_000 });
  const { port, url } = watched.bench.server;
  const client = await TestClient.connect(url);
  const identity = await identityOf(client);
  const crowd = await Promise.all(Array.from({ length: overMax }, () => RawSocket.upgraded(port)));
  await watched.until('connections', 2 + overMax);
  using more = await RawSocket.connect(port);
  assert.equal(await more.toEnd(), '', 'one more is closed without a word');
  for (const raw of crowd) {
    assert.equal(await raw.closeCode(), 4001);
    raw.socket.destroy();
  }
  assert.equal(await greet(url, identity), 'resumed');
});
