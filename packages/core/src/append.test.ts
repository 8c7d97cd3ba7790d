import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type AppendQuestion, decideAppend, foldProducer, type ProducerState, type StreamState } from './append.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

const limits = { recentBatchesMax: 3, producersPerStreamMax: 10 };
const stream: StreamState = {
  incarnation: 'i1',
  tail: 50,
  closed: false,
  contentType: 'text/plain',
  streamSeq: '5',
  producerCount: 1,
};
/** Producer p in epoch 4: sequences 0 … 6 are stored, the last three remembered. */
const known: ProducerState = {
  epoch: 4,
  sequence: 6,
  recent: [4, 5, 6].map((sequence) => ({ sequence, crc: 100 + sequence, offset: sequence * 5, count: 5 })),
};
const question: AppendQuestion = {
  producer: { id: 'p', epoch: 4, sequence: 7 },
  crc: 107,
  count: 2,
  close: false,
};
const at = (epoch: number, sequence: number, crc = 100 + sequence) => ({ producer: { id: 'p', epoch, sequence }, crc });

interface Case {
  readonly title: string;
  readonly stream?: Partial<StreamState> | 'notFound' | 'gone';
  readonly producer?: ProducerState | undefined;
  readonly question?: Partial<AppendQuestion>;
  readonly keyOffset?: number;
  readonly answer: string | { kind: 'duplicate'; offset: number | undefined } | { kind: 'appended'; offset: number };
}

const cases: Case[] = [
  { title: 'takes the next sequence', answer: { kind: 'appended', offset: 50 } },
  {
    title: 'takes a batch without producer',
    question: { producer: undefined },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'takes a new producer', producer: undefined, question: at(0, 0), answer: { kind: 'appended', offset: 50 } },
  {
    title: 'takes a new producer of any epoch',
    producer: undefined,
    question: at(9, 0),
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'takes a new epoch from 0', question: at(5, 0), answer: { kind: 'appended', offset: 50 } },
  { title: 'takes an epoch that skips some', question: at(99, 0), answer: { kind: 'appended', offset: 50 } },
  {
    title: 'takes the next sequence behind the batch it was sent after',
    question: { afterCrc: 106 },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'refuses the next sequence behind another batch', question: { afterCrc: 1 }, answer: 'sequenceReused' },
  {
    title: 'asks of a new epoch nothing about the last one',
    question: { ...at(5, 0), afterCrc: 1 },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'refuses a missing stream', stream: 'notFound', answer: 'notFound' },
  { title: 'refuses a deleted stream', stream: 'gone', answer: 'gone' },
  { title: 'refuses another incarnation', question: { incarnation: 'i0' }, answer: 'incarnationMismatch' },
  { title: 'takes the right incarnation', question: { incarnation: 'i1' }, answer: { kind: 'appended', offset: 50 } },
  { title: 'answers a known key', keyOffset: 3, answer: { kind: 'duplicate', offset: 3 } },
  { title: 'answers key offset 0', keyOffset: 0, answer: { kind: 'duplicate', offset: 0 } },
  {
    title: 'checks the incarnation before the key',
    keyOffset: 3,
    question: { incarnation: 'i0' },
    answer: 'incarnationMismatch',
  },
  { title: 'refuses an older epoch', question: at(3, 0), answer: 'staleEpoch' },
  { title: 'repeats the last sequence', question: at(4, 6), answer: { kind: 'duplicate', offset: 30 } },
  { title: 'repeats a remembered sequence', question: at(4, 4), answer: { kind: 'duplicate', offset: 20 } },
  { title: 'repeats a forgotten sequence', question: at(4, 3), answer: { kind: 'duplicate', offset: undefined } },
  { title: 'refuses other bytes under a remembered sequence', question: at(4, 5, 1), answer: 'sequenceReused' },
  { title: 'refuses a gap', question: at(4, 8), answer: 'sequenceGap' },
  { title: 'refuses a new epoch not from 0', question: at(5, 1), answer: 'epochStart' },
  { title: 'refuses a new producer not from 0', producer: undefined, question: at(0, 1), answer: 'epochStart' },
  { title: 'refuses a closed stream', stream: { closed: true }, answer: 'closed' },
  {
    title: 'repeats on a closed stream',
    stream: { closed: true },
    question: at(4, 6),
    answer: { kind: 'duplicate', offset: 30 },
  },
  { title: 'fences on a closed stream', stream: { closed: true }, question: at(3, 9), answer: 'staleEpoch' },
  { title: 'refuses another content type', question: { contentType: 'a/b' }, answer: 'contentTypeMismatch' },
  {
    title: 'checks closed before content type',
    stream: { closed: true },
    question: { contentType: 'a/b' },
    answer: 'closed',
  },
  {
    title: 'checks content type before sequence',
    question: { ...at(4, 9), contentType: 'a/b' },
    answer: 'contentTypeMismatch',
  },
  {
    title: 'refuses a producer too many',
    stream: { producerCount: 10 },
    producer: undefined,
    question: at(0, 0),
    answer: 'producerLimit',
  },
  {
    title: 'refuses no known producer for the limit',
    stream: { producerCount: 10 },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'refuses an equal Stream-Seq', question: { streamSeq: '5' }, answer: 'streamSeqRegressed' },
  { title: 'compares Stream-Seq as text', question: { streamSeq: '10' }, answer: 'streamSeqRegressed' },
  {
    title: 'compares Stream-Seq by the bytes of its UTF-8, where UTF-16 orders otherwise',
    stream: { streamSeq: '\uffff' },
    question: { streamSeq: '\u{10000}' },
    answer: { kind: 'appended', offset: 50 },
  },
  {
    title: 'refuses a Stream-Seq that only UTF-16 puts behind',
    stream: { streamSeq: '\u{10000}' },
    question: { streamSeq: '\uffff' },
    answer: 'streamSeqRegressed',
  },
  {
    title: 'takes the content type in any letter case and with parameters',
    question: { contentType: 'TEXT/Plain; charset=utf-8' },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'takes a greater Stream-Seq', question: { streamSeq: '51' }, answer: { kind: 'appended', offset: 50 } },
  { title: 'refuses another offset than the tail', question: { expectedOffset: 49 }, answer: 'offsetConflict' },
  { title: 'takes expectedOffset 0 for what it is', question: { expectedOffset: 0 }, answer: 'offsetConflict' },
  {
    title: 'takes the tail as expectedOffset',
    question: { expectedOffset: 50 },
    answer: { kind: 'appended', offset: 50 },
  },
  { title: 'checks sequence before offset', question: { ...at(4, 9), expectedOffset: 0 }, answer: 'sequenceGap' },
];

for (const { title, answer, ...given } of cases) {
  test(`decideAppend ${title}`, () => {
    const state = typeof given.stream === 'string' ? given.stream : { ...stream, ...given.stream };
    const producer = 'producer' in given ? given.producer : known;
    const decision = decideAppend(state, producer, { ...question, ...given.question }, limits, given.keyOffset);
    if (typeof answer === 'string') {
      assert.equal(decision.kind === 'refused' && decision.code, answer);
      return;
    }
    assert(decision.kind !== 'refused', JSON.stringify(decision));
    assert.deepEqual({ kind: decision.kind, offset: decision.offset }, answer);
  });
}

test('decideAppend answers a retry after a simulated year as a duplicate [P2] [F7]', async () => {
  const world = new VirtualWorld();
  let state = stream;
  let producer: ProducerState | undefined;
  const first = { ...question, ...at(0, 0) };
  for (let sequence = 0; sequence < 365; sequence++) {
    const decision = decideAppend(state, producer, { ...question, ...at(0, sequence) }, limits);
    assert(decision.kind === 'appended');
    producer = decision.producer;
    state = { ...state, tail: state.tail + question.count };
    await world.advance(24 * 3_600_000);
  }
  assert.deepEqual(decideAppend(state, producer, first, limits), { kind: 'duplicate', offset: undefined });
  const last = decideAppend(state, producer, { ...question, ...at(0, 364) }, limits);
  assert.deepEqual(last, { kind: 'duplicate', offset: state.tail - question.count });
});

test('foldProducer remembers recentBatchesMax batches of the epoch, also when that is one', () => {
  for (const recentBatchesMax of [1, 2, 3]) {
    let state: ProducerState | undefined;
    for (let sequence = 0; sequence < 5; sequence++) {
      const position = { id: 'p', epoch: 0, sequence };
      state = foldProducer(state, position, { crc: sequence, offset: sequence, count: 1 }, { recentBatchesMax });
    }
    const sequences = state?.recent.map((batch) => batch.sequence);
    assert.deepEqual(sequences, [0, 1, 2, 3, 4].slice(-recentBatchesMax));
    const next = foldProducer(
      state,
      { id: 'p', epoch: 1, sequence: 0 },
      { crc: 9, offset: 9, count: 1 },
      { recentBatchesMax },
    );
    assert.deepEqual(next, { epoch: 1, sequence: 0, recent: [{ sequence: 0, crc: 9, offset: 9, count: 1 }] });
  }
});

/** Everything ever stored, with nothing forgotten: what decideAppend must agree with. */
class NaiveStream {
  readonly stored: { id: string; epoch: number; sequence: number; crc: number; offset: number }[] = [];

  answer(id: string, epoch: number, sequence: number, crc: number): string {
    const mine = this.stored.filter((batch) => batch.id === id);
    const newest = Math.max(-1, ...mine.map((batch) => batch.epoch));
    if (epoch < newest) return 'staleEpoch';
    const life = mine.filter((batch) => batch.epoch === epoch);
    const same = life.find((batch) => batch.sequence === sequence);
    if (same !== undefined) {
      const remembered = life.slice(-limits.recentBatchesMax).includes(same);
      if (!remembered) return 'duplicate at undefined';
      return same.crc === crc ? `duplicate at ${same.offset}` : 'sequenceReused';
    }
    if (sequence !== life.length) return life.length === 0 ? 'epochStart' : 'sequenceGap';
    const offset = this.stored.length;
    this.stored.push({ id, epoch, sequence, crc, offset });
    return `appended at ${offset}`;
  }
}

test('decideAppend agrees with a model that forgets nothing, in any interleaving [P2] [P3]', () => {
  const appends = fc.array(
    fc.record({ id: fc.constantFrom('p', 'q', '__proto__'), epoch: fc.nat(2), sequence: fc.nat(6), crc: fc.nat(1) }),
    { maxLength: 200, size: 'max' },
  );
  const property = fc.property(appends, (list) => {
    const model = new NaiveStream();
    const producers = new Map<string, ProducerState>();
    let tail = 0;
    for (const { id, epoch, sequence, crc } of list) {
      const state = { ...stream, streamSeq: undefined, tail, producerCount: producers.size };
      const producer = { id, epoch, sequence };
      const asked = { producer, crc, count: 1, close: false };
      const decision = decideAppend(state, producers.get(id), asked, limits);
      const answer = decision.kind === 'refused' ? decision.code : `${decision.kind} at ${decision.offset}`;
      assert.equal(answer, model.answer(id, epoch, sequence, crc));
      if (decision.kind !== 'appended' || decision.producer === undefined) continue;
      producers.set(id, decision.producer);
      tail += 1;
    }
  });
  fc.assert(property, { numRuns: 200 });
});
