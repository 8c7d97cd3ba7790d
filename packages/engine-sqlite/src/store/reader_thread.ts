/** The reader's thread: one bounded chunk, one snapshot at a time. It sees only what is committed and synced. */
import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { assert, type Tx } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { answerRead } from './answer_read.ts';
import { connect } from './database.ts';
import type { ReaderQuestion } from './questions.ts';
import { SqliteTx } from './sqlite_tx.ts';
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
  if (question.kind !== 'close') return answerRead(reader.tx, question);
  reader.database.close();
  return { value: undefined };
});
