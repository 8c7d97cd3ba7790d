import assert from 'node:assert/strict';
import { openBatches } from '../../batch.ts';
import { crc32 } from '../../crc32.ts';
import { defaultLimits } from '../../limits.ts';
import { batchOf, checksumOf, expectSegments, type StoreTester, textsOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

/** A stream with several segments of several batches, and its texts. */
async function filled(tester: StoreTester): Promise<{ stream: string; texts: string[] }> {
  const stream = await tester.stream();
  const texts: string[] = [];
  for (let commit = 0; commit < 4; commit++) {
    const batches = Array.from({ length: 3 }, (_, index) => [`${commit}.${index}`, `${commit}.${index}!`]);
    await Promise.all(batches.map((some) => tester.appended(stream, batchOf(some))));
    texts.push(...batches.flat());
  }
  return { stream, texts };
}

export const readCases: StoreCases = {
  'read returns the sealed batches bit for bit, in order [P3] [P5]': async (tester) => {
    const stream = await tester.stream();
    const sent = Array.from({ length: 9 }, (_, sequence) =>
      batchOf([`${sequence}`, 'x'.repeat(sequence * 40)], { producer: { id: 'p', epoch: 0, sequence } }),
    );
    for (const batch of sent) await tester.appended(stream, batch);
    assert.deepEqual(
      (await tester.batches(stream, 0)).map(({ bytes }) => Uint8Array.from(bytes)),
      sent.map(({ bytes }) => bytes),
    );
  },

  'read from every offset begins with the segment that holds it': async (tester) => {
    const { stream, texts } = await filled(tester);
    for (let from = 0; from < texts.length; from++) {
      const { segments, info } = expectSegments(await tester.store.log.read(stream, from, 1_000_000));
      const [first] = segments;
      assert(first !== undefined && first.base <= from && from < first.base + first.count);
      const read = segments.flatMap(({ bytes }) => openBatches(bytes, crc32, defaultLimits).flatMap(textsOf));
      assert.deepEqual(read.slice(from - first.base), texts.slice(from));
      assert.equal(info.tail, texts.length);
    }
  },

  'read tells at every segment boundary the running checksum of all payloads so far [P5]': async (tester) => {
    const { stream, texts } = await filled(tester);
    const info = await tester.info(stream);
    let [offset, checksum] = [0, 0];
    for (const segment of await tester.segments(stream, 0)) {
      assert.deepEqual([segment.stream, segment.incarnation], [stream, info.incarnation]);
      assert.deepEqual([segment.base, segment.checksumBefore], [offset, checksum]);
      offset += segment.count;
      checksum = checksumOf(texts.slice(0, offset));
      assert.equal(segment.checksumAfter, checksum);
      assert.equal(segment.close, false);
    }
    assert.deepEqual([offset, checksum], [info.tail, info.checksum]);
  },

  'read returns at least one segment, and more only within bytesMax [P7]': async (tester) => {
    const stream = await tester.stream();
    for (let commit = 0; commit < 5; commit++) await tester.appended(stream, batchOf(['x'.repeat(1_000)]));
    const segmentBytes = batchOf(['x'.repeat(1_000)]).bytes.length;
    for (const [bytesMax, atMost] of [
      [1, 1],
      [segmentBytes * 2 - 1, 1],
      [segmentBytes * 3, 3],
      [segmentBytes * 9, 5],
    ] as const) {
      const { segments } = expectSegments(await tester.store.log.read(stream, 0, bytesMax));
      assert(segments.length >= 1 && segments.length <= atMost, `${segments.length} segments in ${bytesMax} bytes`);
      // An engine may count what it stores beside the batches, but not refuse to read ahead.
      if (atMost > 1) assert(segments.length > 1);
    }
  },

  'read at the tail is empty, past it ahead, before the first record trimmed': async (tester) => {
    const { stream, texts } = await filled(tester);
    const kindAt = async (from: number) => (await tester.store.log.read(stream, from, 1_000)).kind;
    assert.deepEqual(expectSegments(await tester.store.log.read(stream, texts.length, 1_000)).segments, []);
    assert.equal(await kindAt(texts.length + 1), 'ahead');
    await tester.store.log.trim(stream, texts.length);
    assert.equal(await kindAt(0), 'trimmed');
    assert.equal(await kindAt(texts.length - 1), 'trimmed');
    assert.deepEqual(expectSegments(await tester.store.log.read(stream, texts.length, 1_000)).segments, []);
  },

  'read of an absent stream says why': async (tester) => {
    const stream = tester.name();
    assert.deepEqual(await tester.store.log.read(stream, 0, 1_000), { kind: 'notFound' });
    await tester.store.log.create(stream);
    await tester.store.log.delete(stream);
    assert.deepEqual(await tester.store.log.read(stream, 0, 1_000), { kind: 'gone' });
  },

  'read while appends are committed sees a prefix, never half a batch [P3]': async (tester) => {
    const stream = await tester.stream();
    const appends: Promise<unknown>[] = [];
    for (let index = 0; index < 30; index++) {
      appends.push(tester.appended(stream, batchOf([`${index}a`, `${index}b`])));
      const texts = await tester.texts(stream);
      const expected = Array.from({ length: texts.length / 2 }, (_, at) => [`${at}a`, `${at}b`]).flat();
      assert.deepEqual(texts, expected);
    }
    await Promise.all(appends);
    assert.equal((await tester.texts(stream)).length, 60);
  },

  'info and producer answer for absent streams and producers': async (tester) => {
    const stream = tester.name();
    assert.equal(await tester.store.log.info(stream), 'notFound');
    assert.equal(await tester.store.log.producer(stream, 'p'), undefined);
    await tester.store.log.create(stream);
    assert.equal(await tester.store.log.producer(stream, 'p'), undefined);
  },

  'list names streams by prefix in the order of their UTF-8 bytes, page by page': async (tester) => {
    const prefix = `${tester.name()}/`;
    // By UTF-16 units the emoji would stand before U+FF21.
    const names = ['-', 'Z', 'a', 'a/b', 'a0', 'aa', 'é', '\uff21', '\u{1f600}'].map((part) => prefix + part);
    for (const name of names.toReversed()) await tester.store.log.create(name);
    const gone = `${prefix}b`;
    await tester.store.log.create(gone);
    await tester.store.log.delete(gone);
    const listed: string[] = [];
    for (let after: string | undefined; ; after = listed.at(-1)) {
      const page = await tester.store.log.list(prefix, after, 4);
      assert(page.length <= 4 && listed.length <= names.length);
      if (page.length === 0) break;
      listed.push(...page.map((info) => info.stream));
    }
    assert.deepEqual(listed, names);
    assert.deepEqual(await tester.store.log.list(`${prefix}a/`, undefined, 9), [await tester.info(`${prefix}a/b`)]);
    assert.deepEqual(await tester.store.log.list(`${prefix}nothing`, undefined, 9), []);
    const aboveAll = await tester.store.log.list(prefix, `${prefix}\u{10ffff}`, 9);
    assert.deepEqual(aboveAll, []);
  },

  'list takes wildcard characters of databases literally': async (tester) => {
    const prefix = `${tester.name()}/`;
    for (const part of ['a%', 'ab', 'a_', 'a*', '[a]', "'"]) await tester.store.log.create(prefix + part);
    for (const part of ['a%', 'a_', 'a*', '[', "'"]) {
      const names = (await tester.store.log.list(prefix + part, undefined, 9)).map((info) => info.stream);
      assert.equal(names.length, 1, part);
    }
  },
};
