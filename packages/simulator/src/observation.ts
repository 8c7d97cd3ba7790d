import type { ReadRecord, Receipt } from '@packetboat/client';
import type { StreamInfo } from '@packetboat/core';

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
  /** A sensor's spool has a sample. */
  readonly spooled: { readonly stream: string; readonly number: number };
  /** Somebody asked for old records to be dropped. */
  readonly trimming: { readonly stream: string; readonly before: number };
  /** A fork was made. */
  readonly forked: { readonly stream: string; readonly source: string; readonly offset: number };
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
    readonly resumed: boolean;
    readonly windowMs: number;
    /** When its hello came. */
    readonly askedAtMs: number;
  };
  /** A server found the connection of a session gone. */
  readonly sessionDetached: { readonly session: string; readonly atMs: number };
  /** Its client left for good, or a connection ended before it was told whether the session goes on: it may have. */
  readonly sessionUncertain: { readonly session: string };
  /** A server did not let a client go on in its session. */
  readonly resumeRefused: { readonly session: string; readonly code: string; readonly atMs: number };
  /** A server began to serve; `alone`: nobody else uses its store. */
  readonly serverStarted: { readonly atMs: number; readonly alone: boolean };
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

/** A stream as it is stored when everything has come to rest. */
export interface EndingStream {
  readonly info: StreamInfo;
  /** From `info.first` on. */
  readonly records: readonly { readonly gap: boolean; readonly text: string }[];
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
