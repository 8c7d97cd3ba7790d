import assert from 'node:assert/strict';
import type { AppendRequest } from '../../store.ts';
import { batchOf, checksumOf, textsOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const at = (sequence: number, epoch = 0, id = 'p') => ({ producer: { id, epoch, sequence } });

export const appendCases: StoreCases = {
  'append gives dense offsets, and a proof of where the stream then ended [P3] [P5]': async (tester) => {
    const stream = await tester.stream();
    const { incarnation } = await tester.info(stream);
    const texts: string[] = [];
    for (const some of [['a'], ['bb', ''], [''], ['dddd', 'e', 'f']]) {
      const outcome = await tester.appended(stream, batchOf(some));
      assert(outcome.kind === 'appended');
      assert.equal(outcome.offset, texts.length);
      assert.equal(outcome.incarnation, incarnation);
      texts.push(...some);
      const { mac, ...proof } = outcome.proof;
      assert.match(mac, /./);
      assert.deepEqual(proof, {
        storeId: tester.store.id,
        stream,
        incarnation,
        offset: texts.length,
        checksum: checksumOf(texts),
        durability: tester.store.durability,
      });
    }
    assert.deepEqual(await tester.texts(stream), texts);
  },

  'append of a stored batch is a duplicate with the original offset [P2]': async (tester) => {
    const stream = await tester.stream();
    await tester.appended(stream, batchOf(['x', 'y']));
    const sent = [batchOf(['a', 'b', 'c'], at(0)), batchOf(['d'], at(1))];
    for (const batch of sent) await tester.appended(stream, batch);
    for (const [index, batch] of sent.entries()) {
      const outcome = await tester.append(stream, batch);
      assert.equal(outcome.kind, 'duplicate');
      assert.equal(outcome.kind === 'duplicate' && outcome.offset, [2, 5][index]);
      assert.equal(outcome.kind === 'duplicate' && outcome.proof.offset, 6);
    }
    assert.equal((await tester.info(stream)).tail, 6);
  },

  'append of a batch older than the remembered ones is a duplicate without offset [P2] [F7]': async (tester) => {
    const stream = await tester.stream();
    const sent = Array.from({ length: 66 }, (_, sequence) => batchOf([`${sequence}`], at(sequence)));
    await Promise.all(sent.map((batch) => tester.appended(stream, batch)));
    const answers = await Promise.all(sent.map((batch) => tester.append(stream, batch)));
    const offsets = answers.map((answer) => (answer.kind === 'duplicate' ? answer.offset : answer.kind));
    assert.deepEqual(offsets, [undefined, undefined, ...Array.from({ length: 64 }, (_, index) => index + 2)]);
    assert.equal((await tester.info(stream)).tail, 66);
  },

  'append of the same batch many times at once stores it once [P2]': async (tester) => {
    const stream = await tester.stream();
    const batch = batchOf(['once'], at(0));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => tester.append(stream, batch)));
    assert.equal(outcomes.filter(({ kind }) => kind === 'appended').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'duplicate').length, 19);
    for (const outcome of outcomes) assert(outcome.kind !== 'refused' && outcome.offset === 0);
    assert.deepEqual(await tester.texts(stream), ['once']);
  },

  'append of a used sequence with other bytes is sequenceReused': async (tester) => {
    const stream = await tester.stream();
    await tester.appended(stream, batchOf(['a'], at(0)));
    await tester.refused('sequenceReused', stream, batchOf(['b'], at(0)));
    assert.deepEqual(await tester.texts(stream), ['a']);
  },

  'append takes sequences one by one, and epochs from sequence 0 [P3]': async (tester) => {
    const stream = await tester.stream();
    await tester.refused('epochStart', stream, batchOf(['a'], at(1)));
    await tester.appended(stream, batchOf(['a'], at(0)));
    await tester.refused('sequenceGap', stream, batchOf(['c'], at(2)));
    await tester.appended(stream, batchOf(['b'], at(1)));
    await tester.refused('epochStart', stream, batchOf(['c'], at(2, 1)));
    await tester.appended(stream, batchOf(['c'], at(0, 7)));
    assert.deepEqual(await tester.store.log.producer(stream, 'p'), { epoch: 7, sequence: 0 });
    assert.deepEqual(await tester.texts(stream), ['a', 'b', 'c']);
  },

  'append of an older epoch is fenced, also when it repeats [P3]': async (tester) => {
    const stream = await tester.stream();
    const old = batchOf(['old'], at(0, 1));
    await tester.appended(stream, old);
    await tester.appended(stream, batchOf(['new'], at(0, 2)));
    await tester.refused('staleEpoch', stream, old);
    await tester.refused('staleEpoch', stream, batchOf(['older'], at(1, 1)));
    await tester.appended(stream, batchOf(['other'], at(0, 0, 'q')));
    assert.deepEqual(await tester.texts(stream), ['old', 'new', 'other']);
  },

  'append is checked in the order incarnation, epoch, duplicate, closed, content type, sequence, offset': async (
    tester,
  ) => {
    const stream = await tester.stream({ contentType: 'text/plain' });
    const stored = batchOf(['a'], at(0, 3));
    await tester.appended(stream, stored, { streamSeq: '5' });
    const wrong = { incarnation: 'other', contentType: 'other/kind', streamSeq: '1', expectedOffset: 99 };
    const { incarnation: _incarnation, ...wrongType } = wrong;
    const { contentType: _contentType, ...wrongSequence } = wrongType;
    const gap = batchOf(['b'], at(2, 3));
    const next = batchOf(['b'], at(1, 3));
    await tester.refused('incarnationMismatch', stream, batchOf(['b'], at(0, 2)), wrong);
    await tester.refused('staleEpoch', stream, batchOf(['b'], at(0, 2)), wrongType);
    assert.equal((await tester.append(stream, stored, wrongType)).kind, 'duplicate');
    await tester.refused('contentTypeMismatch', stream, gap, wrongType);
    await tester.refused('sequenceGap', stream, gap, wrongSequence);
    await tester.refused('streamSeqRegressed', stream, next, wrongSequence);
    await tester.refused('offsetConflict', stream, next, { ...wrongSequence, streamSeq: '6' });

    await tester.store.log.close(stream);
    await tester.refused('staleEpoch', stream, batchOf(['b'], at(0, 2)), wrongType);
    assert.equal((await tester.append(stream, stored, wrongType)).kind, 'duplicate');
    await tester.refused('closed', stream, gap, wrongType);
    assert.deepEqual(await tester.texts(stream), ['a']);
  },

  'append with Stream-Seq takes growing ones only': async (tester) => {
    const stream = await tester.stream();
    await tester.appended(stream, batchOf(['a']), { streamSeq: '2' });
    await tester.refused('streamSeqRegressed', stream, batchOf(['b']), { streamSeq: '2' });
    await tester.refused('streamSeqRegressed', stream, batchOf(['b']), { streamSeq: '10' });
    await tester.appended(stream, batchOf(['b']));
    await tester.appended(stream, batchOf(['c']), { streamSeq: '21' });
    assert.deepEqual(await tester.texts(stream), ['a', 'b', 'c']);
  },

  'append that is refused changes nothing': async (tester) => {
    const stream = await tester.stream();
    await tester.appended(stream, batchOf(['a'], at(0)), { streamSeq: '5' });
    const before = await tester.info(stream);
    await tester.refused('sequenceGap', stream, batchOf(['b'], at(7)), { key: 'k' });
    await tester.refused('offsetConflict', stream, batchOf(['b'], at(1)), {
      key: 'k',
      streamSeq: '7',
      expectedOffset: 0,
    });
    assert.deepEqual(await tester.info(stream), before);
    await tester.appended(stream, batchOf(['b'], at(1)), { key: 'k', streamSeq: '6' });
  },

  'append with expectedOffset lets exactly one of many win': async (tester) => {
    const stream = await tester.stream();
    await tester.appended(stream, batchOf(['a', 'b']));
    await tester.refused('offsetConflict', stream, batchOf(['c']), { expectedOffset: 0 });
    const attempts = Array.from({ length: 10 }, (_, index) =>
      tester.append(stream, batchOf([`${index}`]), { expectedOffset: 2 }),
    );
    const outcomes = await Promise.all(attempts);
    assert.equal(outcomes.filter(({ kind }) => kind === 'appended').length, 1);
    assert.equal((await tester.info(stream)).tail, 3);
  },

  'append with a key is effective once per stream, whatever its bytes': async (tester) => {
    const [stream, other] = [await tester.stream(), await tester.stream()];
    await tester.appended(stream, batchOf(['a', 'b']), { key: 'first' });
    await tester.appended(stream, batchOf(['c']), { key: 'constructor' });
    const again: AppendRequest = { stream, batch: batchOf(['other']), key: 'constructor' };
    const outcomes = await Promise.all([tester.store.log.append(again), tester.store.log.append(again)]);
    for (const outcome of outcomes) assert(outcome.kind === 'duplicate' && outcome.offset === 2);
    await tester.appended(other, batchOf(['d']), { key: 'constructor' });
    assert.deepEqual(await tester.texts(stream), ['a', 'b', 'c']);
  },

  'append of a closing batch closes the stream with it, with or without records': async (tester) => {
    const [full, empty] = [await tester.stream(), await tester.stream()];
    const last = batchOf(['z'], { ...at(0), close: true });
    await tester.appended(full, last);
    const sent = [batchOf(['a'], at(0)), batchOf([], { ...at(1), close: true }), batchOf(['b'], at(2))];
    const outcomes = await Promise.all(sent.map((batch) => tester.append(empty, batch)));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.offset)),
      [0, 1, 'closed'],
    );
    for (const stream of [full, empty]) {
      const info = await tester.info(stream);
      assert.equal(info.closed, true);
      assert.equal(info.tail, 1);
      assert.equal(tester.told(stream).at(-1)?.close, true);
      await tester.refused('closed', stream, batchOf(['more']));
    }
    assert.equal((await tester.append(full, last)).kind, 'duplicate');
    assert.equal((await tester.append(empty, batchOf([], { ...at(1), close: true }))).kind, 'duplicate');
  },

  'append stores gap records as they were sealed [P6]': async (tester) => {
    const stream = await tester.stream();
    const gap = batchOf(['{"from":0,"to":9,"count":10,"reason":"spoolFull"}'], { ...at(0), gap: true });
    await tester.appended(stream, gap);
    const [read] = await tester.batches(stream, 0);
    assert(read !== undefined && read.gap);
    assert.deepEqual(read.bytes, gap.bytes);
    assert.deepEqual(textsOf(read), textsOf(gap));
    assert.equal((await tester.info(stream)).tail, 1);
  },

  'append keeps a copy: the caller may reuse its bytes afterwards': async (tester) => {
    const stream = await tester.stream();
    const batch = batchOf(['mine'], at(0));
    await tester.appended(stream, batch);
    batch.bytes.fill(0);
    assert.deepEqual(await tester.texts(stream), ['mine']);
  },

  'append of many producers at once to many streams keeps each in order, and loses and repeats none [P2] [P3]': async (
    tester,
  ) => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => tester.stream()));
    const work: Promise<unknown>[] = [];
    for (let sequence = 0; sequence < 8; sequence++) {
      for (const stream of streams) {
        for (const id of ['p', 'q', 'r']) {
          const batch = batchOf([`${id}${sequence}`, `${id}${sequence}+`], at(sequence, 0, id));
          work.push(tester.appended(stream, batch));
        }
      }
    }
    await Promise.all(work);
    for (const stream of streams) {
      const texts = await tester.texts(stream);
      assert.equal(texts.length, 48);
      for (const id of ['p', 'q', 'r']) {
        const expected = Array.from({ length: 8 }, (_, sequence) => [`${id}${sequence}`, `${id}${sequence}+`]).flat();
        assert.deepEqual(
          texts.filter((text) => text.startsWith(id)),
          expected,
        );
      }
    }
  },
};
