/** What the main thread asks the others. */
import type { Absence, CommitWork, Limits, MapEntry, Proof, StoredLifetime, StreamInfo } from '@packetboat/core';
import type { StoreEvent } from './changes.ts';
import type { CheckpointMode, WalState } from './checkpoint.ts';
import type { Tended } from './committer.ts';
import type { Identity } from './database.ts';
import type { Moment } from './store_clock.ts';
import type { WriterState } from './store_writer.ts';
import type { Loss } from './witness_entry.ts';
import type { WireChange, WireResult } from './wire.ts';

/** What the storage thread is started with. */
export interface WriterData {
  readonly folder: string;
  readonly limits: Limits;
  readonly ballastBytes: number;
  readonly walBytesMax: number;
  /** Who the store becomes if the folder holds none yet. */
  readonly identity: Identity;
}

/** Answered from memory or with one row, between commits. */
export type Lookup =
  | { readonly kind: 'info'; readonly stream: string }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: string | undefined; readonly limit: number }
  | { readonly kind: 'producer'; readonly stream: string; readonly id: string }
  | { readonly kind: 'entry'; readonly key: string }
  | { readonly kind: 'entries'; readonly prefix: string; readonly after: string | undefined; readonly limit: number };

export interface LookupAnswers {
  readonly info: StreamInfo | Absence;
  readonly list: StreamInfo[];
  readonly producer: { readonly epoch: number; readonly sequence: number } | undefined;
  readonly entry: MapEntry | undefined;
  readonly entries: MapEntry[];
}

export type WriterQuestion =
  | { readonly kind: 'open'; readonly nowNs: bigint }
  | {
      readonly kind: 'commit';
      readonly changes: readonly WireChange[];
      readonly bytes: ArrayBuffer;
      readonly now: Moment;
    }
  | { readonly kind: 'tend' | 'close'; readonly now: Moment }
  | { readonly kind: 'checkpoint'; readonly mode: CheckpointMode }
  | { readonly kind: 'enterFull' | 'leaveFull' }
  | Lookup;

export interface WriterAnswers extends LookupAnswers {
  readonly open: {
    readonly identity: Identity;
    readonly loss: Loss;
    readonly state: WriterState;
    /** What the store's own clock shows. */
    readonly openMs: number;
    readonly lifetimes: readonly StoredLifetime[];
  };
  readonly commit: {
    readonly results: readonly WireResult[];
    readonly events: readonly StoreEvent[];
    readonly proofs: readonly Proof[];
    readonly damage: readonly string[];
    readonly work: readonly CommitWork[];
    readonly state: WriterState;
  };
  readonly tend: Tended & { readonly work: readonly CommitWork[]; readonly state: WriterState };
  readonly checkpoint: WriterState;
  readonly enterFull: WriterState;
  readonly leaveFull: WriterState;
  readonly close: undefined;
}

export type ReaderQuestion =
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'read'; readonly stream: string; readonly from: number; readonly bytesMax: number }
  | { readonly kind: 'info'; readonly stream: string }
  | { readonly kind: 'offsetAtTime'; readonly stream: string; readonly timeNs: bigint }
  | { readonly kind: 'entry'; readonly key: string };

/** Segments as numbers: base, count, checksum before and after, bytes, and 1 for the one that closes. */
export type PackedSegments = readonly number[];

export interface ReaderAnswers {
  readonly open: undefined;
  readonly close: undefined;
  readonly read:
    | {
        readonly kind: 'segments';
        readonly info: StreamInfo;
        readonly segments: PackedSegments;
        readonly bytes: ArrayBuffer;
      }
    | { readonly kind: 'trimmed' | 'ahead'; readonly info: StreamInfo }
    | { readonly kind: Absence };
  /** Absence is for the writer to say: a damaged index reads as absence. */
  readonly info: StreamInfo | Absence;
  readonly offsetAtTime: number | Absence;
  readonly entry: MapEntry | undefined;
}

export interface KeeperQuestion {
  readonly kind: 'open' | 'close' | 'checkpoint' | 'scrub';
}

export interface KeeperAnswers {
  readonly open: undefined;
  readonly close: undefined;
  /** How far the log is now, the syncs of all checkpoints so far, and whether the disk was full. */
  readonly checkpoint: { readonly wal: WalState; readonly syncs: number; readonly full: boolean };
  /** Rows found damaged in this step, each in one sentence. */
  readonly scrub: readonly string[];
}
