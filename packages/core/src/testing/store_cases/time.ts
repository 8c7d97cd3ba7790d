import assert from 'node:assert/strict';
import { batchOf, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const nowNs = (tester: StoreTester) => tester.world.world.clock.wallNs();

/** A stream of `count` segments of two records, one in each second, and when the first was stored. */
async function everySecond(tester: StoreTester, count: number): Promise<{ stream: string; startNs: bigint }> {
  const stream = await tester.stream();
  const startNs = nowNs(tester);
  for (let index = 0; index < count; index++) {
    await tester.appended(stream, batchOf([`${index}a`, `${index}b`]));
    await tester.world.advance(1_000);
  }
  return { stream, startNs };
}

export const timeCases: StoreCases = {
  'offsetAtTime finds the first record stored at a time or later, by segments': async (tester) => {
    const { stream, startNs } = await everySecond(tester, 9);
    const at = (seconds: number) => tester.store.log.offsetAtTime(stream, startNs + BigInt(seconds * 1e9));
    for (let index = 0; index < 9; index++) {
      assert.equal(await at(index - 0.5), index * 2, `before second ${index}`);
      assert.equal(await at(index), index * 2, `at second ${index}`);
    }
    assert.equal(await at(8.5), 18, 'past the newest record there is the tail');
    assert.equal(await tester.store.log.offsetAtTime(stream, 0n), 0);
    assert.equal(await tester.store.log.offsetAtTime(stream, -1n), 0);
  },

  'offsetAtTime knows what is retained only': async (tester) => {
    const { stream, startNs } = await everySecond(tester, 5);
    await tester.store.log.trim(stream, 4);
    assert.equal(await tester.store.log.offsetAtTime(stream, startNs), 4);
    assert.equal(await tester.store.log.offsetAtTime(stream, startNs + 3_000_000_000n), 6);
    await tester.store.log.trim(stream, 10);
    assert.equal(await tester.store.log.offsetAtTime(stream, startNs), 10);
  },

  'offsetAtTime of a stream without records is its tail, also when it is closed': async (tester) => {
    const stream = await tester.stream();
    assert.equal(await tester.store.log.offsetAtTime(stream, 0n), 0);
    await tester.store.log.close(stream);
    assert.equal(await tester.store.log.offsetAtTime(stream, 0n), 0);
    await tester.appended(tester.name(), batchOf(['a']), { create: {} });
  },

  'offsetAtTime of a closed stream is that of its records': async (tester) => {
    const { stream, startNs } = await everySecond(tester, 2);
    await tester.store.log.close(stream);
    assert.equal(await tester.store.log.offsetAtTime(stream, startNs + 1_000_000_000n), 2);
    assert.equal(await tester.store.log.offsetAtTime(stream, nowNs(tester) + 1n), 4);
  },

  'offsetAtTime of an absent stream says why': async (tester) => {
    const stream = tester.name();
    assert.equal(await tester.store.log.offsetAtTime(stream, 0n), 'notFound');
    await tester.store.log.create(stream);
    await tester.store.log.delete(stream);
    assert.equal(await tester.store.log.offsetAtTime(stream, 0n), 'gone');
  },
};
