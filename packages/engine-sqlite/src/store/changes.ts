import type {
  AppendRefusal,
  AppendRequest,
  Batch,
  CreateOptions,
  CreateOutcome,
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
      readonly offset: number | undefined;
      readonly proof: number;
    }
  | { readonly kind: 'refused'; readonly code: AppendRefusal; readonly message: string };

type Absent = 'notFound' | 'gone';

/** How a change ended, by its kind. */
export interface ChangeResults {
  readonly append: AppendResult;
  readonly create: CreateOutcome;
  readonly close: StreamInfo | Absent;
  readonly delete: 'deleted' | Absent;
  readonly trim: StreamInfo | Absent;
  readonly acceptLoss: StreamInfo | Absent;
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
      /** Which changes of the commit gave its batches. */
      readonly changes: readonly number[];
    }
  | { readonly kind: 'trimmed'; readonly info: StreamInfo }
  | { readonly kind: 'deleted'; readonly stream: string; readonly incarnation: string };

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
