/** The storage thread: the only one that writes. It stops for good after a failure that leaves it uncertain (P8). */
import { existsSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { assert, PacketboatError } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { createDatabase, databasePath } from './database.ts';
import { lookUp } from './look_up.ts';
import type { WriterData, WriterQuestion } from './questions.ts';
import { StoreWriter } from './store_writer.ts';
import { serveThread } from './thread_server.ts';
import { toWireError, unpackChanges } from './wire.ts';

const { identity, ...options } = workerData as WriterData;
let writer: StoreWriter | undefined;

serveThread((question: WriterQuestion) => {
  if (question.kind === 'open') return { value: openWriter(question.nowNs) };
  assert(writer !== undefined, 'the writer is opened first');
  return { value: answer(writer, question) };
});

function openWriter(nowNs: bigint): unknown {
  if (!existsSync(databasePath(options.folder))) createDatabase(options.folder, identity, nodeWorld.crc32);
  writer = new StoreWriter({ ...options, world: nodeWorld }, nowNs);
  const { identity: stored, loss, state, engine } = writer;
  return { identity: stored, loss, state, openMs: engine.keptMs, lifetimes: engine.lifetimes() };
}

function answer(open: StoreWriter, question: Exclude<WriterQuestion, { kind: 'open' }>): unknown {
  switch (question.kind) {
    case 'commit': {
      const committed = open.commit(unpackChanges(question.changes, question.bytes), question.now);
      const results = committed.results.map((result) =>
        result instanceof PacketboatError ? toWireError(result) : result,
      );
      return { ...committed, results, state: open.state };
    }
    case 'tend':
      return { ...open.tend(question.now), state: open.state };
    case 'checkpoint':
      open.checkpoint(question.mode);
      return open.state;
    case 'enterFull':
      open.enterFull();
      return open.state;
    case 'leaveFull':
      open.leaveFull();
      return open.state;
    case 'close':
      open.close(question.now);
      return undefined;
    default:
      return lookUp(open.engine, question);
  }
}
