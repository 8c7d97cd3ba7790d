import type { Checker } from '../observation.ts';
import { AcknowledgedIsStored } from './acknowledged_is_stored.ts';
import { CursorIsDurable } from './cursor_is_durable.ts';
import { DamageIsTrue } from './damage_is_true.ts';
import { DeedsStay } from './deeds_stay.ts';
import { EverythingAccounted } from './everything_accounted.ts';
import { NothingHeld } from './nothing_held.ts';
import { OneOrderForAll } from './one_order_for_all.ts';
import { ProducerOrder } from './producer_order.ts';
import { ReadIsSent } from './read_is_sent.ts';
import { SequenceIsWhole } from './sequence_is_whole.ts';
import { SessionResumes, type SessionResumesOptions } from './session_resumes.ts';
import { SpoolDelivers } from './spool_delivers.ts';
import { StaleEpochNeverWrites } from './stale_epoch_never_writes.ts';
import { StoredOnce } from './stored_once.ts';
import { TrimmedAsAsked } from './trimmed_as_asked.ts';

/**
 * A judge for every invariant that observations can show, made anew for each run; the most telling first. I11 is judged
 * by the run itself, which waits for progress. I8 is about quotas, which do not exist yet.
 */
export function allCheckers(options: SessionResumesOptions): Checker[] {
  return [
    new AcknowledgedIsStored(),
    new TrimmedAsAsked(),
    new DeedsStay(),
    new StaleEpochNeverWrites(),
    new ProducerOrder(),
    new StoredOnce(),
    new SpoolDelivers(),
    new SessionResumes(options),
    new SequenceIsWhole(),
    new CursorIsDurable(),
    new OneOrderForAll(),
    new ReadIsSent(),
    new DamageIsTrue(),
    new EverythingAccounted(),
    new NothingHeld(),
  ];
}
