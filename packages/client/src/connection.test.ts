import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePart, encodePublish } from '@packetboat/core';
import { backoffCeilingMs, resolveBackoff } from './backoff.ts';
import type { StatusEvent } from './status.ts';
import { ScriptedServer, welcome } from './testing/scripted_server.ts';

function recorder(): { readonly events: StatusEvent[]; readonly onStatus: (event: StatusEvent) => void } {
  const events: StatusEvent[] = [];
  return { events, onStatus: (event) => events.push(event) };
}

test('connect says hello first and is in after the welcome', async () => {
  const server = new ScriptedServer();
  const { events, onStatus } = recorder();
  const client = await server.connected({ client: 'me', auth: 'secret', onStatus });
  assert.deepEqual(server.heard[0], { type: 'hello', protocol: 1, client: 'me', auth: 'secret' });
  assert.equal(client.status, 'connected');
  assert.deepEqual(
    events.map((event) => event.status),
    ['connecting', 'connected'],
  );
});

test('connect waits for a server that is not there, with exactly the backoff that chance gave', async () => {
  const server = new ScriptedServer(7);
  const chance = new ScriptedServer(7).virtual.world.random;
  const nameOfThisLife = 8;
  chance.bytes(nameOfThisLife);
  server.network.reachable = false;
  const { events, onStatus } = recorder();
  const backoff = resolveBackoff({ firstMs: 100, capMs: 2_000 });
  const connecting = server.connect({ onStatus, backoff });
  await server.virtual.advance(60_000);
  const waits = events.flatMap((event) => (event.retryInMs === undefined ? [] : [event.retryInMs]));
  assert.ok(waits.length > 20, `${waits.length} attempts in a minute`);
  const place = chance.fraction();
  const ceilings = [0, ...waits.map((_, attempt) => backoffCeilingMs(attempt, backoff))];
  assert.deepEqual(
    waits,
    waits.map((_, attempt) => {
      const [fromMs = NaN, toMs = NaN] = ceilings.slice(attempt);
      return fromMs + place * (toMs - fromMs);
    }),
  );
  assert.equal(events.find((event) => event.status === 'waiting')?.reason?.code, 'unreachable');
  server.network.reachable = true;
  await server.virtual.advance(2_100);
  assert.equal((await connecting).status, 'connected');
});

test('connect waits for at most half of the session’s window between two attempts [P4]', async () => {
  const server = new ScriptedServer();
  server.greeting = { ...welcome, windowMs: 4_000 };
  const { events, onStatus } = recorder();
  await server.connected({ onStatus });
  server.network.reachable = false;
  server.network.cut();
  await server.virtual.advance(60_000);
  const waits = events.flatMap(({ retryInMs = [] }) => retryInMs);
  assert.equal(Math.max(...waits), 2_000);
});

test('connect comes back no sooner than the server asked', async () => {
  const server = new ScriptedServer();
  server.greeting = { type: 'refused', code: 'fullHouse', message: 'full', retryAfterMs: 5_000 };
  const connecting = server.connect({ backoff: { firstMs: 10, capMs: 10 } });
  await server.virtual.advance(4_990);
  assert.equal(server.network.attempts, 1);
  server.greeting = welcome;
  await server.virtual.advance(100);
  assert.equal((await connecting).status, 'connected');
  assert.equal(server.network.attempts, 2);
});

test('connect rejects with a refusal that is final, and leaves no timer', async () => {
  const server = new ScriptedServer();
  server.greeting = { type: 'refused', code: 'unauthorized', message: 'who are you' };
  const { events, onStatus } = recorder();
  const connecting = server.connect({ onStatus });
  await Promise.all([assert.rejects(connecting, { code: 'unauthorized' }), server.virtual.advance(60_000)]);
  assert.equal(server.network.attempts, 1);
  assert.equal(events.at(-1)?.status, 'closed');
  assert.equal(server.virtual.pendingTimers, 0);
});

test('connect gives up when it is aborted, before and after the welcome', async () => {
  const server = new ScriptedServer();
  await assert.rejects(server.connect({ signal: AbortSignal.abort() }), { code: 'aborted' });
  assert.equal(server.network.attempts, 0);

  server.network.reachable = false;
  const controller = new AbortController();
  const connecting = server.connect({ signal: controller.signal });
  await server.virtual.advance(1_000);
  controller.abort();
  await assert.rejects(connecting, { code: 'aborted' });
  await server.virtual.advance(5_000);
  assert.equal(server.virtual.pendingTimers, 0);

  server.network.reachable = true;
  const later = new AbortController();
  const client = await server.connected({ signal: later.signal });
  later.abort();
  await server.virtual.advance(5_000);
  assert.equal(client.status, 'closed');
  assert.equal(server.virtual.pendingTimers, 0);
});

test('connect refuses what is no address', async () => {
  const server = new ScriptedServer();
  const { webSocket } = server.network;
  const { connect } = await import('./connect.ts');
  for (const url of ['', 'localhost:8000', 'ftp://host', 'http://']) {
    await assert.rejects(connect(url, { webSocket }), { code: 'badRequest' }, url);
  }
});

test('Connection finds a half-open link after three silent heartbeats, and comes back', async () => {
  const server = new ScriptedServer();
  const { events, onStatus } = recorder();
  await server.connected({ onStatus });
  server.network.silent = true;
  await server.virtual.advance(29_000);
  assert.equal(events.at(-1)?.status, 'connected');
  await server.virtual.advance(1_100);
  assert.equal(events.find((event) => event.status === 'waiting')?.reason?.code, 'timeout');
  server.network.silent = false;
  await server.virtual.advance(60_000);
  assert.equal(events.at(-1)?.status, 'connected');
});

test('Connection speaks when it was idle for a heartbeat', async () => {
  const server = new ScriptedServer();
  let beats = 0;
  server.onHeard = (message) => {
    if (message.type !== 'heartbeat') return;
    beats += 1;
    void server.say({ type: 'heartbeat' });
  };
  const client = await server.connected();
  await server.virtual.advance(100_500);
  assert.equal(beats, 10);
  assert.equal(client.status, 'connected');
});

test('Connection does not hurry back to a server that welcomes and cuts', async () => {
  const server = new ScriptedServer();
  server.onHeard = (message) => {
    if (message.type === 'hello') server.virtual.world.timers.after(2, () => server.network.cut());
  };
  const client = await server.connected({ backoff: { firstMs: 100, capMs: 10_000 } });
  await server.virtual.advance(600_000);
  assert.ok(server.network.attempts < 200, `${server.network.attempts} attempts in ten minutes`);
  await server.farewell(client);
});

test('Connection counts anew after a link that held', async () => {
  const server = new ScriptedServer();
  const { events, onStatus } = recorder();
  await server.connected({ onStatus, backoff: { firstMs: 100, capMs: 1_000 } });
  for (let cut = 0; cut < 10; cut++) {
    await server.virtual.advance(5_000);
    server.network.cut();
  }
  assert.deepEqual(
    events.filter((event) => event.status === 'waiting').map((event) => event.attempt),
    Array.from({ length: 10 }, () => 1),
  );
});

test('Connection comes back after every close code, for only a refusal is final', async () => {
  for (const code of [1000, 1006, 1009, 4000, 4400, 4401, 4500]) {
    const server = new ScriptedServer();
    const client = await server.connected();
    await server.close(code);
    await server.virtual.advance(1_000);
    assert.equal(client.status, 'connected', `after ${code}`);
  }
});

test('Connection obeys the pause of a server that is stopping', async () => {
  const server = new ScriptedServer();
  const { events, onStatus } = recorder();
  await server.connected({ onStatus });
  await server.say({ type: 'closing', code: 'stopping', message: 'back soon', retryAfterMs: 7_000 });
  await server.close(4000);
  const waiting = events.find((event) => event.status === 'waiting');
  assert.equal(waiting?.reason?.code, 'stopping');
  assert.ok((waiting?.retryInMs ?? 0) >= 7_000);
});

const hostile: Record<string, string | Uint8Array> = {
  'no JSON': 'hello there',
  'an unknown type': '{"type":"surprise"}',
  'a prototype': '{"type":"__proto__"}',
  'a wrong field': '{"type":"receipt","channel":"one"}',
  'an unknown field': '{"type":"heartbeat","extra":1}',
  'a second welcome': JSON.stringify(welcome),
  'no bytes': new Uint8Array(0),
  'random bytes': Uint8Array.from({ length: 99 }, (_, index) => index * 37),
  'a publish frame': encodePublish(1, [new Uint8Array(50)]),
  'a part out of order': encodePart(3, false, new Uint8Array(10)),
  'a message beyond all limits': `{"type":"${'x'.repeat(1_100_000)}"}`,
};

for (const [what, bytes] of Object.entries(hostile)) {
  test(`Connection comes back when the server sends ${what}`, async () => {
    const server = new ScriptedServer();
    const { events, onStatus } = recorder();
    const client = await server.connected({ onStatus });
    await server.say(bytes);
    assert.equal(events.find((event) => event.status === 'waiting')?.reason?.code, 'badFrame');
    await server.virtual.advance(5_000);
    assert.equal(client.status, 'connected');
    await server.farewell(client);
  });
}

test('Connection takes no welcome nobody could work with, and no other first message', async () => {
  const { limits } = welcome;
  for (const first of [
    { ...welcome, heartbeatMs: 0 },
    { ...welcome, limits: { ...limits, windowBatches: 0 } },
    { ...welcome, limits: { ...limits, creditBytes: 0 } },
    { type: 'heartbeat' },
  ] as const) {
    const server = new ScriptedServer();
    server.greeting = first;
    const { events, onStatus } = recorder();
    void server.connect({ onStatus });
    await server.virtual.advance(10);
    assert.equal(events.at(-1)?.reason?.code, 'badFrame');
  }
});

test('Connection treats a code it does not know as final: it comes from a newer server', async () => {
  const server = new ScriptedServer();
  server.greeting = { type: 'refused', code: 'tooModern', message: 'new rules' };
  const connecting = server.connect();
  await Promise.all([assert.rejects(connecting, { code: 'unknownVersion' }), server.virtual.advance(1_000)]);
});

test('Client.close ends the socket and leaves no timer, whatever the state', async () => {
  for (const state of ['connected', 'waiting', 'connecting', 'silent']) {
    const server = new ScriptedServer();
    const controller = new AbortController();
    server.network.reachable = state !== 'waiting';
    const connecting = server.connect({ signal: controller.signal });
    connecting.catch(() => undefined);
    await server.virtual.advance(state === 'connecting' ? 0 : 5);
    if (state === 'silent') server.network.silent = true;
    controller.abort();
    await server.virtual.advance(5_000);
    assert.equal(server.virtual.pendingTimers, 0, state);
    assert.equal(server.network.openSockets, 0, state);
  }
});

test('Client.close settles also when the farewell is not answered', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  server.network.silent = true;
  const closed = client.close();
  await server.virtual.advance(2_000);
  await closed;
});
