/**
 * Rare things that a suite of runs must have met: a simulator that never gets there proves nothing about them. The tests
 * ask for every one of these over all their seeds.
 */
export const rareThings = Object.freeze([
  /** A retry was answered with the first result (I2). */
  'duplicateAnswered',
  /** An old life of a producer was refused (I6). */
  'fenceHit',
  /** A commit failed for want of room. */
  'commitFailed',
  /** A commit met a damaged page, and was not stored (F14). */
  'commitDamaged',
  /** Nobody could say whether a commit was stored (P8). */
  'commitUnknown',
  /** A machine died in the middle of a transaction. */
  'transactionUnfinished',
  /** A store was opened that others had written. */
  'storeReopened',
  /** A cursor's move was lost, and its reader got records again (I5). */
  'cursorReplayed',
  /** Batches of several producers went into one commit. */
  'manyProducersInCommit',
  /** A link was cut while a frame in parts was on its way. */
  'cutInFrame',
  /** A reader was told what retention took (P6). */
  'gapTold',
  /** A reader got a gap that a sensor's spool had stored (P6). */
  'gapStored',
  /** A shipper sent what the server had already (I12). */
  'spoolSentAgain',
  /** Bytes were damaged on their way, and a program heard of it (I9). */
  'damageFound',
  /** A client went on in its session, came too late for it, or took it over from a link that was believed in still (I7). */
  'sessionResumed',
  'sessionExpired',
  'sessionTakenOver',
  /** A session went on at another server over the same storage (A2.8). */
  'sessionMoved',
  /** A session of a server that had died was adopted by another one. */
  'sessionAdopted',
  /** A sequence went on behind what an earlier life had (S2.8). */
  'sequenceGoesOn',
  'clientCrashed',
  'streamForked',
  'streamDeleted',
] as const);

export type RareThing = (typeof rareThings)[number];

/** Counts what happened. */
export class Sometimes {
  readonly counts = new Map<RareThing, number>();

  note(thing: RareThing): void {
    this.counts.set(thing, (this.counts.get(thing) ?? 0) + 1);
  }
}
