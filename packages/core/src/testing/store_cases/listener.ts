import assert from 'node:assert/strict';
import { crc32 } from '../../crc32.ts';
import { openBatches } from '../../batch.ts';
import { defaultLimits } from '../../limits.ts';
import { batchOf, textsOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

export const listenerCases: StoreCases = {
  'listener is told of a segment before its appends settle': async (tester) => {
    const streams = await Promise.all(Array.from({ length: 5 }, () => tester.stream()));
    const work = Array.from({ length: 50 }, (_, index) => {
      const stream = streams[index % streams.length];
      assert(stream !== undefined);
      return tester.appended(stream, batchOf([`${index}`, '']));
    });
    await Promise.all(work);
    for (const stream of streams) {
      let told = 0;
      for (const event of tester.events) {
        if (event.kind === 'segment' && event.segment.stream === stream)
          told = event.segment.base + event.segment.count;
        if (event.kind === 'settled' && event.stream === stream) {
          assert(event.outcome.kind === 'appended');
          assert(told >= event.outcome.offset + 2, 'an append settled before its segment was told');
          assert(told >= event.outcome.proof.offset, 'a proof was given before its segment was told');
        }
      }
      assert.equal(told, 20);
    }
  },

  'listener is told the segments that reads return, one after the other [P3]': async (tester) => {
    const stream = await tester.stream();
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        Array.from({ length: 4 }, (_, index) => tester.appended(stream, batchOf([`${round}.${index}`]))),
      );
    }
    const plain = (await tester.segments(stream, 0)).map((segment) => ({ ...segment, bytes: [...segment.bytes] }));
    assert.deepEqual(
      tester.told(stream).map((segment) => ({ ...segment, bytes: [...segment.bytes] })),
      plain,
    );
    const texts = tester.told(stream).flatMap(({ bytes }) => openBatches(bytes, crc32, defaultLimits).flatMap(textsOf));
    assert.deepEqual(texts, await tester.texts(stream));
  },

  'one commit stores the batches of many producers as one segment': async (tester) => {
    const stream = await tester.stream();
    const work = Array.from({ length: 200 }, (_, index) => tester.appended(stream, batchOf([`${index}`])));
    await Promise.all(work);
    const count = tester.told(stream).length;
    assert(count <= 20, `${count} segments for 200 appends that waited together`);
  },

  'a segment holds at most segmentBytesMax bytes': async (tester) => {
    const stream = await tester.stream();
    const work = Array.from({ length: 30 }, () => tester.appended(stream, batchOf(['x'.repeat(4_000)])));
    await Promise.all(work);
    for (const { bytes } of tester.told(stream)) assert(bytes.length <= 32_768);
    assert.equal((await tester.texts(stream)).length, 30);
  },
};
