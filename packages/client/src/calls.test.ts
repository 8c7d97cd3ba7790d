import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from './client.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

async function connected(): Promise<{ readonly server: ScriptedServer; readonly client: Client }> {
  const server = new ScriptedServer();
  return { server, client: await server.connected({ backoff: { firstMs: 10, capMs: 100 } }) };
}

test('Calls settle with the result or the error of their own id, in any order', async () => {
  const { server, client } = await connected();
  const one = client.call('one', { a: 1 });
  const two = assert.rejects(client.call('two', []), { code: 'notFound', message: 'no two' });
  await server.virtual.advance(5);
  const [first, second] = server.heard.filter((message) => message.type === 'call');
  assert.deepEqual(first, { type: 'call', id: first?.id, method: 'one', params: { a: 1 }, key: first?.key });
  assert.match(first?.key ?? '', /^[0-9a-f]{32}$/);
  assert.notEqual(second?.key, first?.key);
  await server.say({ type: 'error', id: second?.id, code: 'notFound', message: 'no two' });
  await server.say({ type: 'result', id: first?.id ?? 0, value: { b: 2 } });
  await server.say({ type: 'result', id: first?.id ?? 0, value: 'again' });
  await server.say({ type: 'error', code: 'internal', message: 'about nobody' });
  assert.deepEqual(await one, { b: 2 });
  await two;
  assert.equal(client.status, 'connected');
});

test('Calls on their way are made again after a cut: with the same key, or without one when they only read [P2]', async () => {
  const { server, client } = await connected();
  const changing = client.call('streams.delete', { stream: 's' });
  const reading = client.call('streams.info', { stream: 's' });
  await server.virtual.advance(5);
  for (let cut = 0; cut < 5; cut++) {
    server.network.cut();
    await server.virtual.advance(500);
  }
  const calls = server.heard.filter((message) => message.type === 'call');
  assert.equal(calls.length, 12);
  const [remove, info] = calls;
  assert.ok(remove?.key);
  assert.equal(info?.key, undefined);
  for (const [index, call] of calls.entries()) assert.deepEqual(call, index % 2 === 0 ? remove : info);
  await server.say({ type: 'result', id: remove.id, value: 0 });
  await server.say({ type: 'result', id: info?.id ?? 0, value: 1 });
  assert.deepEqual(await Promise.all([changing, reading]), [0, 1]);
});

test('Calls that were on their way before a long outage: unreachable, unless they only read or had not left', async () => {
  const { server, client } = await connected();
  const changing = assert.rejects(client.call('streams.delete', { stream: 's' }), { code: 'unreachable' });
  const reading = client.call('streams.info', { stream: 's' });
  await server.virtual.advance(5);
  server.network.reachable = false;
  server.network.cut();
  const unsent = client.call('streams.close', { stream: 's' });
  await server.virtual.advance(300_000);
  server.network.reachable = true;
  await server.virtual.advance(1_000);
  await changing;
  assert.equal(server.count('call'), 4);
  for (const method of ['streams.info', 'streams.close']) {
    const call = server.heard.findLast((message) => message.type === 'call' && message.method === method);
    await server.say({ type: 'result', id: call?.type === 'call' ? call.id : 0, value: method });
  }
  assert.deepEqual(await Promise.all([reading, unsent]), ['streams.info', 'streams.close']);
});

/** Numbers the calls heard from `first` on. */
function heardNumbers(server: ScriptedServer, first = 0): unknown[] {
  return server.heard.flatMap((message) => (message.type === 'call' ? [message.params] : [])).slice(first);
}

/** Whole numbers from `first` on. */
function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

test('Calls wait for a connection, at most so many', async () => {
  const { server, client } = await connected();
  server.onHeard = (message) => {
    if (message.type === 'call') void server.say({ type: 'result', id: message.id, value: message.params });
  };
  server.network.reachable = false;
  server.network.cut();
  const waiting = range(0, 256).map((number) => client.call('x', number));
  await assert.rejects(client.call('x', {}), { code: 'queueFull' });
  assert.equal(server.count('call'), 0);
  server.network.reachable = true;
  await server.virtual.advance(500);
  assert.deepEqual(await Promise.all(waiting), range(0, 256));
});

test('Calls are on their way 64 at a time, the rest wait in order, also after a cut and when callers give up', async () => {
  const { server, client } = await connected();
  const controller = new AbortController();
  const { signal } = controller;
  const calls = range(0, 100).map((number) => client.call('x', number, number === 0 ? { signal } : {}));
  const settled = Promise.allSettled(calls);
  await server.virtual.advance(5);
  assert.deepEqual(heardNumbers(server), range(0, 64), 'what a server takes of one connection');
  controller.abort();
  await server.virtual.advance(5);
  assert.equal(server.count('call'), 64, 'nobody waits for the first, but the server still works on it');
  for (const call of server.heard.filter((message) => message.type === 'call').slice(0, 2)) {
    await server.say({ type: 'result', id: call.id, value: call.params });
  }
  assert.deepEqual(heardNumbers(server, 64), [64, 65]);
  server.network.cut();
  await server.virtual.advance(500);
  assert.deepEqual(heardNumbers(server, 66), range(2, 64), 'another connection has had none of them');
  server.onHeard = (message) => {
    if (message.type === 'call') void server.say({ type: 'result', id: message.id, value: message.params });
  };
  for (const call of server.heard.filter((message) => message.type === 'call').slice(66)) {
    await server.say({ type: 'result', id: call.id, value: call.params });
  }
  await server.virtual.advance(10);
  assert.deepEqual(heardNumbers(server, 66), range(2, 98));
  assert.deepEqual(
    (await settled).map((outcome) => outcome.status === 'fulfilled' && outcome.value),
    [false, ...range(1, 99)],
  );
});

test('Calls are given up by their signal, and by the end of the client', async () => {
  const { server, client } = await connected();
  const before = client.call('x', 'before', { signal: AbortSignal.abort() });
  const controller = new AbortController();
  const during = assert.rejects(client.call('x', {}, { signal: controller.signal }), { code: 'aborted' });
  const last = assert.rejects(client.call('x', {}), { code: 'aborted' });
  controller.abort();
  await Promise.all([during, assert.rejects(before, { code: 'aborted' })]);
  await server.virtual.advance(5);
  assert.deepEqual(heardNumbers(server), [{}, {}]);
  await server.farewell(client);
  await last;
  await assert.rejects(client.call('x', {}), { code: 'aborted' });
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Calls refuse what cannot be sent, and nothing else suffers [P7]', async () => {
  const { server, client } = await connected();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  for (const params of [undefined, { count: 1n }, circle, () => 1]) {
    await assert.rejects(client.call('streams.info', params), { code: 'badRequest' });
  }
  await assert.rejects(client.call('bad \ud800', {}), { code: 'badRequest' });
  await assert.rejects(client.call('x', 'y'.repeat(70_000)), { code: 'tooLarge' });
  await server.virtual.advance(500);
  assert.equal(server.count('call'), 0);
  assert.equal(server.count('hello'), 1);
});

test('Streams refuse an answer that is none', async () => {
  const { server, client } = await connected();
  server.onHeard = (message) => {
    if (message.type === 'call') void server.say({ type: 'result', id: message.id, value: { kind: 'odd', info: 1 } });
  };
  for (const ask of [
    () => client.streams.info('s'),
    () => client.streams.create('s'),
    () => client.streams.list(),
    () => client.cursors.get('s', 'c'),
  ]) {
    await Promise.all([assert.rejects(ask(), { code: 'badFrame' }), server.virtual.advance(10)]);
  }
  assert.equal(client.status, 'connected');
});
