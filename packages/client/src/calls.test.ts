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
  assert.deepEqual(first, { type: 'call', id: first?.id, method: 'one', params: { a: 1 } });
  await server.say({ type: 'error', id: second?.id, code: 'notFound', message: 'no two' });
  await server.say({ type: 'result', id: first?.id ?? 0, value: { b: 2 } });
  await server.say({ type: 'result', id: first?.id ?? 0, value: 'again' });
  await server.say({ type: 'error', code: 'internal', message: 'about nobody' });
  assert.deepEqual(await one, { b: 2 });
  await two;
  assert.equal(client.status, 'connected');
});

test('Calls that change something are unreachable after a cut; those that only read are made again', async () => {
  const { server, client } = await connected();
  const changing = assert.rejects(client.call('streams.delete', { stream: 's' }), { code: 'unreachable' });
  const reading = client.call('streams.info', { stream: 's' });
  await server.virtual.advance(5);
  server.network.cut();
  await changing;
  await server.virtual.advance(500);
  assert.deepEqual(
    server.heard.flatMap((message) => (message.type === 'call' ? [message.method] : [])),
    ['streams.delete', 'streams.info', 'streams.info'],
  );
  await server.say({ type: 'result', id: server.last('call').id, value: 1 });
  assert.equal(await reading, 1);
});

test('Calls wait for a connection, at most so many', async () => {
  const { server, client } = await connected();
  server.network.reachable = false;
  server.network.cut();
  const waiting = Array.from({ length: 256 }, () => client.call('x', {}));
  await assert.rejects(client.call('x', {}), { code: 'queueFull' });
  assert.equal(server.count('call'), 0);
  server.network.reachable = true;
  await server.virtual.advance(500);
  assert.equal(server.count('call'), 256);
  for (const message of server.heard.filter(({ type }) => type === 'call')) {
    if (message.type === 'call') void server.say({ type: 'result', id: message.id, value: null });
  }
  await Promise.all([...waiting, server.virtual.advance(10)]);
});

test('Calls are given up by their signal, and by the end of the client', async () => {
  const { server, client } = await connected();
  const before = client.call('x', {}, { signal: AbortSignal.abort() });
  await assert.rejects(before, { code: 'aborted' });
  assert.equal(server.count('call'), 0);
  const controller = new AbortController();
  const during = assert.rejects(client.call('x', {}, { signal: controller.signal }), { code: 'aborted' });
  const last = assert.rejects(client.call('x', {}), { code: 'aborted' });
  controller.abort();
  await during;
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
