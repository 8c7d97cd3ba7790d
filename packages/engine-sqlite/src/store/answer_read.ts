import { assert, type ReadOutcome, type Tx } from '@packetboat/core';
import { decodeMapRow } from './engine_state.ts';
import { offsetAtTime } from './offset_at_time.ts';
import type { ReaderQuestion } from './questions.ts';
import { readStream } from './read_segments.ts';
import { decodeStreamRow, infoOf, livingRow, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';
import type { Answer } from './thread_server.ts';

/** What the reader can be asked once it is open. */
export type ReadQuestion = Exclude<ReaderQuestion, { kind: 'open' | 'close' }>;

/** Answers a question from one snapshot of the store. @throws {PacketboatError} `damaged` */
export function answerRead(tx: Tx, question: ReadQuestion): Answer {
  tx.begin();
  try {
    return answer(tx, question);
  } finally {
    tx.rollback();
  }
}

function answer(tx: Tx, question: ReadQuestion): Answer {
  if (question.kind === 'entry') {
    const row = tx.get(tables.map, [question.key]);
    return { value: row === undefined ? undefined : { key: question.key, ...decodeMapRow(row) } };
  }
  const row = livingRow(streamRow(tx, question.stream));
  if (question.kind === 'read') return pack(readStream(tx, row, question.from, question.bytesMax));
  if (typeof row === 'string') return { value: row };
  return { value: question.kind === 'info' ? infoOf(row) : offsetAtTime(tx, row, question.timeNs) };
}

function streamRow(tx: Tx, stream: string): StreamRow | undefined {
  const bytes = tx.get(tables.streams, [stream]);
  return bytes === undefined ? undefined : decodeStreamRow(bytes);
}

/** All segments' bytes in one buffer, which is handed over. */
function pack(outcome: ReadOutcome): Answer {
  if (outcome.kind !== 'segments') return { value: outcome };
  const { kind, info } = outcome;
  const bytes = new Uint8Array(outcome.segments.reduce((sum, segment) => sum + segment.bytes.length, 0));
  const segments: number[] = [];
  let at = 0;
  for (const { base, count, checksumBefore, checksumAfter, bytes: batches, close } of outcome.segments) {
    segments.push(base, count, checksumBefore, checksumAfter, batches.length, close ? 1 : 0);
    bytes.set(batches, at);
    at += batches.length;
  }
  assert(at === bytes.length, 'every segment has its place in the buffer');
  return { value: { kind, info, segments, bytes: bytes.buffer }, transfer: [bytes.buffer] };
}
