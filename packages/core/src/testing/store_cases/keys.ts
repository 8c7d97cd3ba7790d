import assert from 'node:assert/strict';
import { batchOf, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const minuteMs = 60_000;

/** Appends a record under the key `k`. @returns its offset, and whether it was there before. */
async function keyed(tester: StoreTester, stream: string, keyMs?: number): Promise<[string, number | undefined]> {
  const outcome = await tester.append(stream, batchOf(['x']), { key: 'k', keyMs });
  assert(outcome.kind !== 'refused');
  return [outcome.kind, outcome.offset];
}

export const keyCases: StoreCases = {
  'append remembers a key for as long as it was asked to': async (tester) => {
    const stream = await tester.stream();
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['appended', 0]);
    await tester.world.advance(minuteMs - 1);
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['duplicate', 0]);
    await tester.world.advance(1);
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['appended', 1], 'a duplicate does not put the end off');
    await tester.world.advance(minuteMs - 1);
    assert.deepEqual(await keyed(tester, stream), ['duplicate', 1]);
  },

  'append remembers a key without an end as long as the stream exists [P2]': async (tester) => {
    const stream = await tester.stream();
    assert.deepEqual(await keyed(tester, stream), ['appended', 0]);
    await tester.world.advance(20 * minuteMs);
    assert.deepEqual(await keyed(tester, stream, 1), ['duplicate', 0]);
    await tester.world.advance(1);
    assert.deepEqual(await keyed(tester, stream), ['duplicate', 0]);
  },

  'append takes a key for ever that had an end before': async (tester) => {
    const stream = await tester.stream();
    assert.deepEqual(await keyed(tester, stream, 10), ['appended', 0]);
    await tester.world.advance(10);
    assert.deepEqual(await keyed(tester, stream), ['appended', 1]);
    await tester.world.advance(minuteMs);
    assert.deepEqual(await keyed(tester, stream), ['duplicate', 1]);
  },

  'append remembers keys with an end in each stream alone': async (tester) => {
    const [one, other] = [await tester.stream(), await tester.stream()];
    assert.deepEqual(await keyed(tester, one, 10), ['appended', 0]);
    assert.deepEqual(await keyed(tester, other, minuteMs), ['appended', 0]);
    await tester.world.advance(10);
    assert.deepEqual(await keyed(tester, one, 10), ['appended', 1]);
    assert.deepEqual(await keyed(tester, other, minuteMs), ['duplicate', 0]);
  },
};

/** What a close and a new start make of keys with an end. */
export const keyReopenCases: StoreCases = {
  'reopen keeps keys with an end, until then': async (tester) => {
    const stream = await tester.stream();
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['appended', 0]);
    await tester.reopen();
    await tester.world.advance(minuteMs - 1);
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['duplicate', 0]);
    await tester.reopen();
    await tester.world.advance(1);
    assert.deepEqual(await keyed(tester, stream, minuteMs), ['appended', 1]);
  },
};
