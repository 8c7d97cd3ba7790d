import type { ReadRecord, Receipt } from '@packetboat/client';
import type { ErrorCode, StreamInfo } from '@packetboat/core';
import type { OneDirection } from '@packetboat/proxy';

/** What was seen, as it happens: all that a checker may base its verdict on, besides the {@linkcode Ending}. */
export interface Observation {
  /** A record was handed to the SDK. Its payload is `<producer>/<epoch>/<run> <index> …`, indexes grow by one. */
  readonly published: { readonly stream: string; readonly producer: string; readonly payload: string };
  /** Its receipt came. */
  readonly acknowledged: {
    readonly stream: string;
    readonly producer: string;
    readonly payload: string;
    readonly receipt: Receipt;
  };
  /** A reader's loop began: where, as it was asked for. */
  readonly readingBegan: {
    readonly stream: string;
    readonly reader: string;
    /** Which loop of this reader: it begins anew with each life. */
    readonly run: number;
    readonly cursor: string | undefined;
  };
  /** A reader's loop got a record. */
  readonly delivered: {
    readonly stream: string;
    readonly reader: string;
    readonly run: number;
    readonly record: ReadRecord;
  };
  /** A reader asks for its cursor to be moved; then the server confirms it, or the answer is lost. */
  readonly committing: { readonly stream: string; readonly cursor: string; readonly offset: number };
  readonly committed: { readonly stream: string; readonly cursor: string; readonly offset: number };
  /** A sensor's spool has a sample, and what will be stored of it. */
  readonly spooled: { readonly stream: string; readonly number: number; readonly line: string };
  /** Somebody asked for old records to be dropped. */
  readonly trimming: { readonly stream: string; readonly before: number };
  /** It was done: the stream begins there now. */
  readonly trimmed: { readonly stream: string; readonly first: number };
  /** Somebody asked for a fork, and then it was made. */
  readonly forked: { readonly stream: string; readonly source: string; readonly offset: number };
  readonly forkMade: { readonly stream: string };
  /** Somebody asked for a stream to be deleted, and then it was. */
  readonly deleting: { readonly stream: string };
  readonly deleted: { readonly stream: string };
  /** The sequence of a session begins or goes on, its client has answered the checksum, or there is none to go on with. */
  readonly sequenceBegun: { readonly session: string };
  readonly sequenceAnswered: { readonly session: string };
  readonly sequenceLost: { readonly session: string };
  /** A client has all numbers of its sequence, and its checksum and the server's. */
  readonly sequenceCompared: {
    readonly client: string;
    readonly wanted: number;
    readonly count: number;
    readonly equal: boolean;
  };
  /** A server let a client in; times are those of the servers' monotonic clock. */
  readonly sessionAttached: {
    readonly session: string;
    /** By the number of the connection, and the name of this life of this server. */
    readonly connection: number;
    readonly server: string;
    readonly resumed: boolean;
    readonly windowMs: number;
    /** When its hello came. */
    readonly askedAtMs: number;
  };
  /** A server found gone a connection that had a session. */
  readonly sessionDetached: { readonly session: string; readonly connection: number; readonly atMs: number };
  /** The client of a session leaves for good. */
  readonly sessionLeft: { readonly session: string; readonly connection: number };
  /** A server did not let a client go on in its session. */
  readonly resumeRefused: {
    readonly session: string;
    readonly server: string;
    readonly code: string;
    readonly atMs: number;
  };
  /** It is stored that a session is with a server: a new one, one that goes on, or one `adopted` from a dead server. */
  readonly sessionStored: {
    readonly session: string;
    readonly server: string;
    readonly adopted: boolean;
    readonly atMs: number;
  };
  /** The store has a session no longer. */
  readonly sessionForgotten: { readonly session: string; readonly atMs: number };
  /** It is stored that a server of several lives. */
  readonly leaseRenewed: { readonly server: string; readonly atMs: number };
  /** A commit failed. */
  readonly commitFailed: { readonly atMs: number };
  /** A life of a server began to serve, and is gone; `alone`: nobody else uses its store. */
  readonly serverStarted: { readonly server: string; readonly atMs: number; readonly alone: boolean };
  readonly serverEnded: { readonly server: string };
  /** A frame arrives, and is not what was sent; not `whole`: it is a part of one, and further parts are to come. */
  readonly frameDamaged: {
    readonly client: string;
    readonly connection: number;
    readonly direction: OneDirection;
    readonly whole: boolean;
  };
  /** A commit met a damaged page; who wanted it is told by `untilMs`. */
  readonly commitDamaged: { readonly untilMs: number };
  /** A server says no, in a message of this type. */
  readonly refusalTold: {
    readonly client: string;
    readonly connection: number;
    readonly as: 'rejected' | 'error' | 'refused' | 'sequenceRefused' | 'closing';
    readonly code: ErrorCode;
    readonly atMs: number;
  };
  /** A client's link is over, by its own account. */
  readonly linkEnded: { readonly client: string; readonly code: ErrorCode };
  /** A program ended with an error. */
  readonly programFailed: { readonly client: string; readonly code: ErrorCode };
  /** A store was opened, and this is what it holds. */
  readonly storeOpened: { readonly streams: readonly StreamInfo[] };
}

export type ObservationName = keyof Observation;

/** What a checker hears: only the kinds it names. */
export type Listeners = { readonly [Name in ObservationName]?: (what: Observation[Name]) => void };

/** Judges a run. Each has one invariant and one file, whose header says what it does not verify. */
export interface Checker {
  /** The invariant that its {@linkcode Violation}s name. */
  readonly invariant: string;
  /** What it is told. Each throws a {@linkcode Violation} as soon as it can. */
  readonly listeners: Listeners;
  /** After the calm: throws when what was promised did not happen. */
  conclude?(ending: Ending): void;
}

/** A record, or a gap that has an offset of its own. */
export interface EndingRecord {
  readonly gap: boolean;
  readonly text: string;
}

/** A stream as it is stored when everything has come to rest. */
export interface EndingStream {
  readonly info: StreamInfo;
  /** From `info.first` on. */
  readonly records: readonly EndingRecord[];
  /** What readers got, by offset. */
  readonly read: ReadonlyMap<number, EndingRecord>;
}

/** What is there when everything has come to rest. */
export interface Ending {
  /** Read from the store itself. */
  readonly streams: ReadonlyMap<string, EndingStream>;
  /** What servers still hold when every client has left, by its name. */
  readonly held: Readonly<Record<string, number>>;
}

/** An invariant does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(message);
    this.invariant = invariant;
  }
}
