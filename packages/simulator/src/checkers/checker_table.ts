import type { Checker } from '../observation.ts';
import { AcknowledgedIsStored } from './acknowledged_is_stored.ts';
import { CursorIsDurable } from './cursor_is_durable.ts';
import { EverythingAccounted } from './everything_accounted.ts';
import { NothingHeld } from './nothing_held.ts';
import { OneOrderForAll } from './one_order_for_all.ts';
import { ProducerOrder } from './producer_order.ts';
import { ReadIsSent } from './read_is_sent.ts';
import { SequenceIsWhole } from './sequence_is_whole.ts';
import { SessionResumes } from './session_resumes.ts';
import { SpoolDelivers } from './spool_delivers.ts';
import { StaleEpochNeverWrites } from './stale_epoch_never_writes.ts';
import { StoredOnce } from './stored_once.ts';
import { TrimmedAsAsked } from './trimmed_as_asked.ts';

/**
 * A judge for every invariant that observations can show, made anew for each run; the most telling first. I11 is judged
 * by the run itself, which waits for progress. I8 is about quotas, which do not exist yet.
 */
export function allCheckers(): Checker[] {
  return [
    new AcknowledgedIsStored(),
    new TrimmedAsAsked(),
    new StaleEpochNeverWrites(),
    new ProducerOrder(),
    new StoredOnce(),
    new SpoolDelivers(),
    new SessionResumes(),
    new SequenceIsWhole(),
    new CursorIsDurable(),
    new OneOrderForAll(),
    new ReadIsSent(),
    new EverythingAccounted(),
    new NothingHeld(),
  ];
}
