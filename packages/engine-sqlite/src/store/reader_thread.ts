/** The reader's thread: one bounded chunk, one snapshot at a time. It sees only what is committed and synced. */
import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { assert, type ReadOutcome, type Tx } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { connect } from './database.ts';
import { decodeMapRow } from './engine_state.ts';
import type { ReaderQuestion } from './questions.ts';
import { readStream } from './read_segments.ts';
import { SqliteTx } from './sqlite_tx.ts';
import { decodeStreamRow, infoOf, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';
import { type Answer, serveThread } from './thread_server.ts';

const { folder } = workerData as { folder: string };
let reader: { readonly database: DatabaseSync; readonly tx: Tx } | undefined;

serveThread((question: ReaderQuestion): Answer => {
  if (question.kind === 'open') {
    const database = connect(folder, 'reader');
    reader = { database, tx: new SqliteTx(database, nodeWorld.crc32, 'read') };
    return { value: undefined };
  }
  assert(reader !== undefined, 'the reader is opened first');
  if (question.kind === 'close') {
    reader.database.close();
    return { value: undefined };
  }
  reader.tx.begin();
  try {
    return answer(reader.tx, question);
  } finally {
    reader.tx.rollback();
  }
});

function answer(tx: Tx, question: Exclude<ReaderQuestion, { kind: 'open' | 'close' }>): Answer {
  if (question.kind === 'entry') {
    const row = tx.get(tables.map, [question.key]);
    return { value: row === undefined ? undefined : { key: question.key, ...decodeMapRow(row) } };
  }
  const row = streamRow(tx, question.stream);
  if (question.kind === 'read') return pack(readStream(tx, row, question.from, question.bytesMax));
  if (row === undefined) return { value: 'notFound' };
  return { value: row.deleted ? 'gone' : infoOf(row) };
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
