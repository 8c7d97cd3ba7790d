import assert from 'node:assert/strict';
import { batchOf, checksumOf, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

/** A stream of `count` segments of two records each. */
async function segmented(tester: StoreTester, count: number, retention = {}): Promise<string> {
  const stream = await tester.stream({ retention });
  for (let index = 0; index < count; index++) await tester.appended(stream, batchOf([`${index}a`, `${index}b`]));
  return stream;
}

const texts = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => [`${from + index}a`, `${from + index}b`]).flat();

export const lifeCases: StoreCases = {
  'close makes a stream final, tells the listener, and is no error again': async (tester) => {
    const stream = await segmented(tester, 2);
    const info = await tester.store.log.close(stream);
    assert(typeof info === 'object');
    assert.deepEqual([info.closed, info.tail], [true, 4]);
    const last = tester.told(stream).at(-1);
    assert.deepEqual([last?.close, last?.base, last?.count], [true, 4, 0]);
    await tester.refused('closed', stream, batchOf(['more']));
    assert.deepEqual(await tester.store.log.close(stream), info);
    assert.equal(tester.told(stream).filter((segment) => segment.close).length, 1);
    assert.deepEqual(await tester.texts(stream), texts(0, 2));
  },

  'close, trim, delete and acceptLoss of an absent stream say why': async (tester) => {
    const stream = tester.name();
    const { log } = tester.store;
    const answers = async () => [
      await log.close(stream),
      await log.trim(stream, 1),
      await log.delete(stream),
      await log.acceptLoss(stream),
    ];
    assert.deepEqual(await answers(), Array(4).fill('notFound'));
    await log.create(stream);
    assert.equal(await log.delete(stream), 'deleted');
    assert.deepEqual(await answers(), Array(4).fill('gone'));
  },

  'delete forgets the records and tells the listener which incarnation went': async (tester) => {
    const stream = await segmented(tester, 1);
    const { incarnation } = await tester.info(stream);
    assert.equal(await tester.store.log.delete(stream), 'deleted');
    assert.deepEqual(
      tester.events.filter((event) => event.kind === 'deleted' && event.stream === stream),
      [{ kind: 'deleted', stream, incarnation }],
    );
    await tester.store.log.create(stream);
    assert.deepEqual(await tester.texts(stream), []);
  },

  'delete decides after the appends that came before it': async (tester) => {
    const stream = await tester.stream();
    const answers = await Promise.all([
      tester.append(stream, batchOf(['a'])),
      tester.store.log.delete(stream),
      tester.append(stream, batchOf(['b'])),
    ]);
    assert.deepEqual(
      answers.map((answer) => (typeof answer === 'object' ? answer.kind : answer)),
      ['appended', 'deleted', 'refused'],
    );
  },

  'trim drops whole segments that end at or before the offset, and keeps offset and checksum there [P5]': async (
    tester,
  ) => {
    const stream = await segmented(tester, 4);
    for (const [before, first] of [
      [0, 0],
      [1, 0],
      [2, 2],
      [5, 4],
      [3, 4],
    ] as const) {
      const info = await tester.store.log.trim(stream, before);
      assert(typeof info === 'object');
      assert.deepEqual(
        [info.first, info.firstChecksum, info.tail, info.checksum],
        [first, checksumOf(texts(0, first / 2)), 8, checksumOf(texts(0, 4))],
        `before ${before}`,
      );
      assert.deepEqual(await tester.texts(stream), texts(first / 2, 4));
    }
    const trims = tester.events.flatMap((event) =>
      event.kind === 'trimmed' && event.info.stream === stream ? [event.info.first] : [],
    );
    assert.deepEqual(trims, [2, 4]);
  },

  'trim of everything leaves a stream that goes on where it was, and forgets no producer [P2] [P3]': async (tester) => {
    const stream = await tester.stream();
    const sent = batchOf(['a', 'b'], { producer: { id: 'p', epoch: 0, sequence: 0 } });
    await tester.appended(stream, sent, { key: 'k' });
    const info = await tester.store.log.trim(stream, 1_000);
    assert(typeof info === 'object');
    assert.deepEqual([info.first, info.tail, info.bytes], [2, 2, 0]);
    assert.equal(info.firstChecksum, info.checksum);
    assert.equal((await tester.append(stream, sent)).kind, 'duplicate');
    assert.equal((await tester.append(stream, batchOf(['x']), { key: 'k' })).kind, 'duplicate');
    const next = await tester.appended(stream, batchOf(['c'], { producer: { id: 'p', epoch: 0, sequence: 1 } }));
    assert(next.kind === 'appended' && next.offset === 2 && next.proof.checksum === checksumOf(['a', 'b', 'c']));
    assert.deepEqual(await tester.texts(stream), ['c']);
  },

  'bytes counts the retained batches': async (tester) => {
    const stream = await segmented(tester, 3);
    const each = batchOf(['0a', '0b']).bytes.length;
    assert.equal((await tester.info(stream)).bytes, 3 * each);
    await tester.store.log.trim(stream, 2);
    assert.equal((await tester.info(stream)).bytes, 2 * each);
  },

  'retention by size drops oldest segments until the payloads fit, and tells it [P6] [P7]': async (tester) => {
    const stream = await segmented(tester, 6, { bytesMax: 10 });
    const info = await tester.info(stream);
    assert.deepEqual([info.first, info.tail], [8, 12]);
    assert.equal(info.firstChecksum, checksumOf(texts(0, 4)));
    assert.deepEqual(await tester.texts(stream), texts(4, 6));
    const told = tester.events.flatMap((event) =>
      event.kind === 'trimmed' && event.info.stream === stream ? [event.info.first] : [],
    );
    assert.equal(told.at(-1), 8);
  },

  'retention by size keeps the newest segment however large it is': async (tester) => {
    const stream = await tester.stream({ retention: { bytesMax: 1 } });
    await tester.appended(stream, batchOf(['long enough']));
    assert.deepEqual(await tester.texts(stream), ['long enough']);
  },

  'retention by age drops segments stored longer ago, at the next commit [P6]': async (tester) => {
    const stream = await segmented(tester, 2, { ageMsMax: 1_000 });
    await tester.world.advance(900);
    await tester.appended(stream, batchOf(['2a', '2b']));
    assert.equal((await tester.info(stream)).first, 0);
    await tester.world.advance(200);
    await tester.appended(stream, batchOf(['3a', '3b']));
    assert.deepEqual(await tester.texts(stream), texts(2, 4));
  },

  'retention by age goes on when a stream is closed, up to its last record [P6]': async (tester) => {
    const stream = await segmented(tester, 2, { ageMsMax: 1_000 });
    await tester.world.advance(2_000);
    await tester.store.log.close(stream);
    const info = await tester.info(stream);
    assert.deepEqual([info.closed, info.first, info.tail], [true, 4, 4]);
    assert.equal(info.firstChecksum, info.checksum);
    assert.deepEqual(await tester.texts(stream), []);
  },

  'witness of own receipts is consistent, also when the stream went on': async (tester) => {
    const stream = await tester.stream();
    const old = await tester.appended(stream, batchOf(['a']));
    const now = await tester.appended(stream, batchOf(['b']));
    assert(old.kind === 'appended' && now.kind === 'appended');
    assert.equal(await tester.store.log.witness(old.proof), 'consistent');
    assert.equal(await tester.store.log.witness(now.proof), 'consistent');
  },

  'witness of another store, incarnation or hand is wrongStore and freezes nothing [F15]': async (tester) => {
    const stream = await tester.stream();
    const outcome = await tester.appended(stream, batchOf(['a']));
    assert(outcome.kind === 'appended');
    const { proof } = outcome;
    const forged = [
      { ...proof, offset: 1_000_000 },
      { ...proof, checksum: proof.checksum ^ 1 },
      { ...proof, storeId: 'other' },
      { ...proof, incarnation: 'other' },
      { ...proof, durability: 'replicated' as const },
      { ...proof, mac: '' },
      { ...proof, mac: `${proof.mac}A` },
      { ...proof, stream: tester.name() },
    ];
    for (const other of forged) {
      assert.equal(await tester.store.log.witness(other), 'wrongStore', JSON.stringify(other));
    }
    await tester.appended(stream, batchOf(['b']));
    await tester.store.log.delete(stream);
    assert.equal(await tester.store.log.witness(proof), 'wrongStore');
    await tester.store.log.create(stream);
    assert.equal(await tester.store.log.witness(proof), 'wrongStore');
    await tester.appended(stream, batchOf(['c']));
  },

  'acceptLoss of a stream that lost nothing changes nothing': async (tester) => {
    const stream = await segmented(tester, 1);
    const info = await tester.info(stream);
    assert.deepEqual(await tester.store.log.acceptLoss(stream), info);
  },
};
