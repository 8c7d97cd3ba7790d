import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { runMethod } from '../methods/registry.ts';
import { testBroker } from '../testing/test_broker.ts';

const isCode = (code: string) => (error: unknown) => error instanceof PacketboatError && error.code === code;

test('Cursors never go back, also when many move one at a time [I5]', async () => {
  const { broker } = testBroker();
  const { cursors } = broker;
  const moves = Array.from({ length: 10 }, (_, index) =>
    cursors.move('s', 'c', { incarnation: 'i', offset: (index * 7) % 10 }).catch((error: unknown) => {
      assert.ok(isCode('cursorRegressed')(error));
    }),
  );
  await Promise.all(moves);
  assert.deepEqual(await cursors.get('s', 'c'), { incarnation: 'i', offset: 9 });
  await cursors.move('s', 'c', { incarnation: 'i', offset: 9 });
  await assert.rejects(cursors.move('s', 'c', { incarnation: 'i', offset: 8 }), isCode('cursorRegressed'));
});

test('Cursors of a new incarnation replace those of the old one', async () => {
  const { broker } = testBroker();
  await broker.cursors.move('s', 'c', { incarnation: 'old', offset: 9 });
  await broker.cursors.move('s', 'c', { incarnation: 'new', offset: 1 });
  assert.deepEqual(await broker.cursors.get('s', 'c'), { incarnation: 'new', offset: 1 });
});

test('Cursors of names with slashes and percent signs do not meet', async () => {
  const { broker } = testBroker();
  const { cursors } = broker;
  const names = [
    ['a/b', 'c'],
    ['a', 'b/c'],
    ['a%2Fb', 'c'],
    ['__proto__', 'c'],
  ] as const;
  for (const [index, [stream, name]] of names.entries())
    await cursors.move(stream, name, { incarnation: 'i', offset: index });
  for (const [index, [stream, name]] of names.entries()) assert.equal((await cursors.get(stream, name))?.offset, index);
  assert.equal(await cursors.delete('a', 'b/c'), 'deleted');
  assert.equal(await cursors.get('a', 'b/c'), undefined);
});

test('streams.delete takes the cursors of the stream with it, also when an earlier one was interrupted [P7]', async () => {
  const { broker } = testBroker({ mapEntriesMax: 1_000 });
  const { cursors, store } = broker;
  await store.log.create('s');
  const info = await store.log.info('s');
  assert(typeof info === 'object');
  const { incarnation } = info;
  for (let index = 0; index < 250; index++) await cursors.move('s', `c${index}`, { incarnation, offset: 0 });
  await cursors.move('s2', 'c', { incarnation, offset: 0 });
  await cursors.move('s/2', 'c', { incarnation, offset: 0 });
  const deleteStream = () => runMethod(broker, 'streams.delete', { stream: 's' });
  await deleteStream();
  const keys = async () => (await store.map.list('cursor/', undefined, 1_000)).map(({ key }) => key);
  assert.deepEqual(await keys(), ['cursor/s%2F2/c', 'cursor/s2/c']);
  await cursors.move('s', 'late', { incarnation, offset: 0 });
  await assert.rejects(deleteStream(), isCode('gone'));
  assert.equal((await keys()).length, 2);
});

test('Cursors of a stream that was made anew while the old one went away stay', async () => {
  const { broker } = testBroker();
  await broker.cursors.move('s', 'old', { incarnation: 'old', offset: 9 });
  await broker.cursors.move('s', 'new', { incarnation: 'new', offset: 1 });
  await broker.cursors.deleteAll('s', async () => 'new');
  assert.equal(await broker.cursors.get('s', 'old'), undefined);
  assert.deepEqual(await broker.cursors.get('s', 'new'), { incarnation: 'new', offset: 1 });
});
