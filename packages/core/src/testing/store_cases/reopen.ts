import assert from 'node:assert/strict';
import { batchOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const at = (sequence: number, epoch = 0) => ({ producer: { id: 'p', epoch, sequence } });

async function* oneChunk(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1, 2, 3]);
}

/** What must outlive a close and a new start, for engines that keep anything. */
export const reopenCases: StoreCases = {
  'reopen keeps streams, records, checksums and the store id [P1]': async (tester) => {
    const stream = await tester.stream({ contentType: 'text/plain', retention: { ageMsMax: 1_000_000 } });
    for (let index = 0; index < 5; index++) await tester.appended(stream, batchOf([`${index}`, 'x']));
    await tester.store.log.trim(stream, 4);
    const before = { id: tester.store.id, info: await tester.info(stream), texts: await tester.texts(stream) };
    await tester.reopen();
    assert.deepEqual(
      { id: tester.store.id, info: await tester.info(stream), texts: await tester.texts(stream) },
      before,
    );
    const next = await tester.appended(stream, batchOf(['next']));
    assert.equal(next.kind === 'appended' && next.offset, 10);
  },

  'reopen keeps what decides about retries: producers, keys, Stream-Seq [P2] [F2]': async (tester) => {
    const stream = await tester.stream();
    const sent = Array.from({ length: 70 }, (_, sequence) => batchOf([`${sequence}`], at(sequence, 3)));
    for (const batch of sent) await tester.appended(stream, batch);
    await tester.appended(stream, batchOf(['keyed']), { key: 'k', streamSeq: '5' });
    await tester.reopen();
    const answers = await Promise.all(sent.map((batch) => tester.append(stream, batch)));
    assert.deepEqual(
      answers.map((answer) => (answer.kind === 'duplicate' ? answer.offset : answer.kind)),
      sent.map((_, index) => (index < 6 ? undefined : index)),
    );
    const keyed = await tester.append(stream, batchOf(['other']), { key: 'k' });
    assert(keyed.kind === 'duplicate' && keyed.offset === 70);
    await tester.refused('sequenceReused', stream, batchOf(['other'], at(69, 3)));
    await tester.refused('staleEpoch', stream, batchOf(['old'], at(0, 2)));
    await tester.refused('sequenceGap', stream, batchOf(['late'], at(71, 3)));
    await tester.refused('streamSeqRegressed', stream, batchOf(['x']), { streamSeq: '5' });
    assert.deepEqual(await tester.store.log.producer(stream, 'p'), { epoch: 3, sequence: 69 });
  },

  'reopen keeps closed streams closed and deleted ones gone [P1] [F4]': async (tester) => {
    const [closed, sealed, gone] = [await tester.stream(), await tester.stream(), await tester.stream()];
    await tester.store.log.close(closed);
    await tester.appended(sealed, batchOf([], { ...at(0), close: true }));
    await tester.appended(gone, batchOf(['x']));
    await tester.store.log.delete(gone);
    await tester.reopen();
    await tester.refused('closed', closed, batchOf(['x']));
    await tester.refused('closed', sealed, batchOf(['x']));
    assert.equal((await tester.append(sealed, batchOf([], { ...at(0), close: true }))).kind, 'duplicate');
    assert.equal(await tester.store.log.info(gone), 'gone');
    await tester.refused('gone', gone, batchOf(['x']), { create: {} });
  },

  'reopen keeps forks, what they inherited, and where they come from [P1] [P3]': async (tester) => {
    const source = await tester.stream({ contentType: 'text/plain' });
    for (const [sequence, text] of ['ab', 'cd', 'ef'].entries()) {
      await tester.appended(source, batchOf([text], at(sequence)));
    }
    const [fork, child] = [tester.name(), tester.name()];
    await tester.store.log.create(fork, { fork: { stream: source, offset: 1, subOffset: 1 }, first: batchOf(['1']) });
    await tester.store.log.create(child, { fork: { stream: fork } });
    await tester.appended(child, batchOf(['own'], at(0)));
    const look = async () => [
      await tester.info(fork),
      await tester.info(child),
      await tester.texts(fork),
      await tester.texts(child),
    ];
    const before = await look();
    assert.deepEqual(before[3], ['ab', 'c', '1', 'own']);
    await tester.reopen();
    assert.deepEqual(await look(), before);
    await tester.refused('sequenceGap', child, batchOf(['x'], at(2)));
    assert.equal((await tester.append(child, batchOf(['own'], at(0)))).kind, 'duplicate');
    await tester.store.log.trim(source, 100);
    await tester.reopen();
    assert.deepEqual(await look(), before);
  },

  'reopen keeps soft-deleted streams for their forks, and completes their deletion with the last [P1] [F4]': async (
    tester,
  ) => {
    const { log } = tester.store;
    const [root, fork, child] = [await tester.stream(), tester.name(), tester.name()];
    await tester.appended(root, batchOf(['a']));
    await log.create(fork, { fork: { stream: root } });
    await tester.appended(fork, batchOf(['b']));
    await log.create(child, { fork: { stream: fork } });
    await log.delete(root);
    await log.delete(fork);
    await tester.reopen();
    for (const stream of [root, fork]) {
      assert.equal(await tester.store.log.info(stream), 'softDeleted');
      const outcome = await tester.store.log.create(stream);
      assert.equal(outcome.kind === 'refused' && outcome.code, 'exists');
    }
    assert.deepEqual(await tester.texts(child), ['a', 'b']);
    await tester.store.log.delete(child);
    await tester.reopen();
    for (const stream of [root, fork, child]) assert.equal(await tester.store.log.info(stream), 'gone');
  },

  'reopen keeps receipts valid as witnesses [F15]': async (tester) => {
    const stream = await tester.stream();
    const outcome = await tester.appended(stream, batchOf(['a']));
    await tester.reopen();
    assert(outcome.kind === 'appended');
    assert.equal(await tester.store.log.witness(outcome.proof), 'consistent');
  },

  'reopen keeps the map, and uses no revision again after deletes': async (tester) => {
    const value = new Uint8Array([1, 2, 3]);
    await tester.store.map.put('reopen/kept', value);
    const last = await tester.store.map.put('reopen/deleted', value);
    await tester.store.map.delete('reopen/deleted');
    const kept = await tester.store.map.get('reopen/kept');
    await tester.reopen();
    assert.deepEqual(await tester.store.map.get('reopen/kept'), kept);
    assert.equal(await tester.store.map.get('reopen/deleted'), undefined);
    const next = await tester.store.map.put('reopen/deleted', value);
    assert(next.kind === 'put' && last.kind === 'put' && next.revision > last.revision);
  },

  'reopen keeps blobs': async (tester) => {
    const { sha256 } = await tester.store.blobs.put(oneChunk());
    await tester.reopen();
    assert.deepEqual(await tester.store.blobs.stat(sha256), { bytes: 3 });
  },
};
