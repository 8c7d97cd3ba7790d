import type {
  Absence,
  AppendRefusal,
  AppendRequest,
  Batch,
  Born,
  CreateOptions,
  CreateOutcome,
  ForkRefusal,
  PacketboatError,
  PutOutcome,
  Segment,
  StreamInfo,
} from '@packetboat/core';
import type { ProofClaim, StreamRow } from './stream_row.ts';

/** An {@linkcode AppendRequest} on its way to the engine. */
export interface AppendChange extends AppendRequest {
  readonly kind: 'append';
  /** Names the stream's incarnation if this append creates it. */
  readonly newIncarnation: string;
}

/** Everything that can be asked of one commit. Chance and time come with it, so that the engine has neither. */
export type Change =
  | AppendChange
  | {
      readonly kind: 'create';
      readonly stream: string;
      readonly options: CreateOptions;
      readonly newIncarnation: string;
    }
  /** `batch` has no records and closes. */
  | { readonly kind: 'close'; readonly stream: string; readonly batch: Batch }
  | { readonly kind: 'delete'; readonly stream: string }
  /** The incarnation's lifetime is over; or somebody uses it. */
  | { readonly kind: 'expire' | 'use'; readonly stream: string; readonly incarnation: string }
  | { readonly kind: 'trim'; readonly stream: string; readonly before: number }
  | { readonly kind: 'acceptLoss'; readonly stream: string; readonly newIncarnation: string }
  | { readonly kind: 'witness'; readonly claim: ProofClaim }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      readonly expected: number | 'absent' | undefined;
    }
  | { readonly kind: 'remove'; readonly key: string; readonly expected: number | undefined };

/** How an append ended. `proof` is an index into {@linkcode CommitReport.proofs}. */
export type AppendResult =
  | {
      readonly kind: 'appended' | 'duplicate';
      readonly incarnation: string;
      readonly lineage: string;
      readonly offset: number | undefined;
      readonly proof: number;
    }
  | { readonly kind: 'refused'; readonly code: AppendRefusal | ForkRefusal; readonly message: string };

/** How a change ended, by its kind. */
export interface ChangeResults {
  readonly append: AppendResult;
  readonly create: CreateOutcome;
  readonly close: StreamInfo | Absence;
  readonly delete: 'deleted' | Absence;
  readonly expire: 'deleted' | Absence;
  readonly use: 'used' | Absence;
  readonly trim: StreamInfo | Absence;
  readonly acceptLoss: StreamInfo | Absence;
  readonly witness: 'consistent' | 'lost' | 'wrongStore';
  readonly put: PutOutcome;
  readonly remove: 'deleted' | 'notFound' | 'revisionConflict';
}

export type ChangeResult = ChangeResults[Change['kind']] | PacketboatError;

/** What listeners are told of a commit, in order. */
export type StoreEvent =
  | {
      readonly kind: 'segment';
      readonly segment: Omit<Segment, 'bytes'>;
      /** The change of the commit that created the stream with first records, which begin the segment. */
      readonly first: number | undefined;
      /** Which changes gave the batches that follow. */
      readonly changes: readonly number[];
      /** Bytes of its batches. */
      readonly batchBytes: number;
    }
  | { readonly kind: 'trimmed'; readonly info: StreamInfo }
  | { readonly kind: 'deleted'; readonly stream: string; readonly incarnation: string }
  | { readonly kind: 'born'; readonly made: Born };

/** What one commit did. */
export interface CommitReport {
  /** One for each change. */
  readonly results: readonly ChangeResult[];
  readonly events: readonly StoreEvent[];
  /** The segment ends that this commit reached, or found. */
  readonly proofs: readonly ProofClaim[];
  /** The streams it changed, as they are now. */
  readonly changed: readonly StreamRow[];
  /** Damage that was met and did not keep a change from being made, in sentences. */
  readonly damage: readonly string[];
  /** The last revision of the map. */
  readonly revision: number;
}
