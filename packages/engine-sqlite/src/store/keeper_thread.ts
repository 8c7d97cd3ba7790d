/** The keeper's thread: checkpoints beside the writer, and the scrub that finds rotten rows before a reader does. */
import type { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { assert, PacketboatError } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { Checkpointer } from './checkpoint.ts';
import { connect } from './database.ts';
import type { KeeperAnswers, KeeperQuestion } from './questions.ts';
import { Scrub } from './scrub.ts';
import { serveThread } from './thread_server.ts';

const { folder } = workerData as { folder: string };
let keeper: Keeper | undefined;

interface Keeper {
  readonly database: DatabaseSync;
  readonly checkpointer: Checkpointer;
  readonly scrub: Scrub;
}

serveThread((question: KeeperQuestion) => {
  if (question.kind === 'open') {
    const database = connect(folder, 'keeper');
    keeper = { database, checkpointer: new Checkpointer(database), scrub: new Scrub(database, nodeWorld.crc32) };
    return { value: undefined };
  }
  assert(keeper !== undefined, 'the keeper is opened first');
  switch (question.kind) {
    case 'scrub':
      return { value: keeper.scrub.step() };
    case 'checkpoint':
      return { value: passiveCheckpoint(keeper.checkpointer) };
    default:
      keeper.database.close();
      return { value: undefined };
  }
});

/** A full disk is a state; any other failure of a checkpoint is a failed write or sync, and the store stops (P8). */
function passiveCheckpoint(checkpointer: Checkpointer): KeeperAnswers['checkpoint'] {
  try {
    return { wal: checkpointer.run('PASSIVE'), syncs: checkpointer.syncs, full: false };
  } catch (error) {
    if (!(error instanceof PacketboatError) || error.code !== 'diskFull') throw error;
    return { wal: checkpointer.look(), syncs: checkpointer.syncs, full: true };
  }
}
