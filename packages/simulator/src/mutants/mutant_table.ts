import { ackBeforeCommit } from './ack_before_commit.ts';
import { ackBeforeSync } from './ack_before_sync.ts';
import { bufferShared } from './buffer_shared.ts';
import { connectionLeaked } from './connection_leaked.ts';
import { cursorDirty } from './cursor_dirty.ts';
import { cursorMovedOnSend } from './cursor_moved_on_send.ts';
import { cursorOffByOne } from './cursor_off_by_one.ts';
import { damageToldAgain } from './damage_told_again.ts';
import { dedupeNotDurable } from './dedupe_not_durable.ts';
import { dedupeWindowShort } from './dedupe_window_short.ts';
import { deleteComesBack } from './delete_comes_back.ts';
import { fenceNotPersisted } from './fence_not_persisted.ts';
import { gapAccepted } from './gap_accepted.ts';
import { gapMiscounted } from './gap_miscounted.ts';
import { gapUntold } from './gap_untold.ts';
import { noDedupe } from './no_dedupe.ts';
import { othersTakenForDead } from './others_taken_for_dead.ts';
import { receiptRunsAhead } from './receipt_runs_ahead.ts';
import { receiptsReordered } from './receipts_reordered.ts';
import { reorderedInCommit } from './reordered_in_commit.ts';
import { resumeByValue } from './resume_by_value.ts';
import { sessionKnownToOne } from './session_known_to_one.ts';
import { sessionLeaked } from './session_leaked.ts';
import { sessionWindowLong } from './session_window_long.ts';
import { sessionWindowShort } from './session_window_short.ts';
import { spoolForgetsEarly } from './spool_forgets_early.ts';
import { tailTruncated } from './tail_truncated.ts';
import { trimTooFar } from './trim_too_far.ts';
import { uncommittedTailRead } from './uncommitted_tail_read.ts';
import { unknownTakenForStored } from './unknown_taken_for_stored.ts';
import { verifySkipped } from './verify_skipped.ts';
import { wakeUpLost } from './wake_up_lost.ts';
import type { Mutant } from './mutant.ts';

/** Every deliberate bug. A new one is one file here, and a test finds that it is caught. */
export const mutants: readonly Mutant[] = Object.freeze([
  ackBeforeCommit,
  ackBeforeSync,
  bufferShared,
  connectionLeaked,
  cursorDirty,
  cursorMovedOnSend,
  cursorOffByOne,
  damageToldAgain,
  dedupeNotDurable,
  dedupeWindowShort,
  deleteComesBack,
  fenceNotPersisted,
  gapAccepted,
  gapMiscounted,
  gapUntold,
  noDedupe,
  othersTakenForDead,
  receiptRunsAhead,
  receiptsReordered,
  reorderedInCommit,
  resumeByValue,
  sessionKnownToOne,
  sessionLeaked,
  sessionWindowLong,
  sessionWindowShort,
  spoolForgetsEarly,
  tailTruncated,
  trimTooFar,
  uncommittedTailRead,
  unknownTakenForStored,
  verifySkipped,
  wakeUpLost,
]);
