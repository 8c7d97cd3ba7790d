/** Who may append, how safely, and to which life of a stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '@packetboat/client';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from '@packetboat/server';
import { start } from './started.ts';

const decoder = new TextDecoder();

test('SDK: fencing: an older life of a producer writes nothing more, also after a kill -9 of the server [I6]', async () => {
  await using started = await start();
  const older = await (await started.client()).producer('log', { id: 'paul', create: true });
  await older.publish('older');
  const newer = await (await started.client()).producer('log', { id: 'paul' });
  assert.equal(newer.epoch, older.epoch + 1);
  await newer.publish('newer');
  await assert.rejects(older.publish('too late'), { code: 'staleEpoch' });
  await assert.rejects(older.ready(), { code: 'staleEpoch' });

  await started.kill();
  await started.restart();
  const client = await started.client();
  await assert.rejects(client.producer('log', { id: 'paul', epoch: older.epoch }), { code: 'staleEpoch' });
  await newer.publish('still here');
  const texts: string[] = [];
  for await (const { bytes } of client.read('log', { untilCaughtUp: true })) texts.push(decoder.decode(bytes));
  assert.deepEqual(texts, ['older', 'newer', 'still here']);
});

test('SDK: durability: demanded of the embedded store: every receipt says disk [P1]', async () => {
  await using started = await start();
  const client = await started.client();
  const producer = await client.producer('log', { create: true, durability: 'disk' });
  assert.equal((await producer.publish('safe')).proof.durability, 'disk');
});

test('SDK: durability: demanded of a store in memory: refused, never downgraded, nothing is created [P1]', async () => {
  const server = await startServer({ store: new MemoryStore({ world: nodeWorld }), world: nodeWorld, port: 0 });
  const client = await connect(server.url);
  try {
    const refused = client.producer('log', { create: true, durability: 'disk' });
    await assert.rejects(refused, { code: 'durabilityUnavailable' });
    assert.deepEqual(await client.streams.list(), []);
    const producer = await client.producer('log', { create: true });
    assert.equal((await producer.publish('quick')).proof.durability, 'memory');
  } finally {
    await client.close();
    await server.stop();
  }
});

test('SDK: stream deleted and created anew: old readers and producers end, nothing of one life enters the other [P3]', async () => {
  await using started = await start();
  const client = await started.client();
  const producer = await client.producer('room', { id: 'paul', create: true });
  await producer.publish('old 0');
  await producer.publish('old 1');
  const reader = client.read('room', { cursor: 'me' });
  const records = reader[Symbol.asyncIterator]();
  await records.next();
  await reader.commit();
  await records.next();

  await client.streams.delete('room');
  assert.deepEqual(await records.next(), { value: undefined, done: true });
  assert.equal(reader.ended, 'deleted');
  await assert.rejects(producer.publish('to the dead'), { code: 'gone' });
  await assert.rejects(client.producer('room', { create: true }), { code: 'gone' });

  await client.streams.create('room');
  const successor = await client.producer('room', { id: 'paul' });
  await successor.publish('new 0');
  // The cursor stood at 1 in the old life: in the new one it begins anew.
  const texts: string[] = [];
  for await (const { bytes } of client.read('room', { cursor: 'me', untilCaughtUp: true }))
    texts.push(decoder.decode(bytes));
  assert.deepEqual(texts, ['new 0']);
});

test('SDK: stream created anew while the link was down: reader and producer are told, not moved over [P3]', async () => {
  await using started = await start();
  const proxy = await started.proxy();
  const far = await started.client({ url: proxy.url });
  const near = await started.client();
  const producer = await far.producer('room', { id: 'paul', create: true });
  await producer.publish('old');
  const reader = far.read('room');
  const records = reader[Symbol.asyncIterator]();
  await records.next();

  const down = proxy.add({ fault: 'down' });
  await near.streams.delete('room');
  await near.streams.create('room');
  await (await near.producer('room', { id: 'other' })).publish('new');
  const late = producer.publish('for the old room');
  late.catch(() => undefined);
  await proxy.remove(down);
  await assert.rejects(records.next(), { code: 'incarnationMismatch' });
  await assert.rejects(late, { code: /incarnationMismatch|wrongStore/ });
  assert.equal((await near.streams.info('room')).tail, 1);
});
