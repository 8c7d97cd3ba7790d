/** What a shipper needs of the client (`connect` gives it, tests give their own), and what it tells. */
import type { RecordInput } from '@packetboat/core';
import type { Channel } from './channel.ts';
import type { ChannelOptions } from './channel_options.ts';
import type { Receipt } from './receipt.ts';

/** The part of a {@linkcode Channel} that is used. */
export interface ShipperChannel {
  /** What the server expects next. */
  readonly position: Channel['position'];
  /** The largest batch that the link would take in one piece now. */
  readonly pieceBytes: number;
  /** Settles in order; rejects only for good. */
  send(bytes: Uint8Array, sequence: number): Promise<Receipt>;
  /** Settles when the window has room. */
  ready(): Promise<void>;
  close(): void | Promise<void>;
}

/** The part of a `Client` that is used. */
export interface ShipperClient {
  channel(
    stream: string,
    options: ChannelOptions & Required<Pick<ChannelOptions, 'epoch' | 'onRefused' | 'signal'>>,
  ): Promise<ShipperChannel>;
}

/** A batch that the server has. */
export interface AcknowledgedBatch {
  readonly sequence: number;
  /** Number of records; of a gap batch, the number of gaps. */
  readonly count: number;
  /** Whether the records are gaps: JSON of a `Gap` each (P6). */
  readonly gap: boolean;
  /** Its records, in order: each one's time is what an `ACK` repeats (S0.13). */
  readonly records: Iterable<RecordInput>;
  readonly receipt: Receipt;
}

export interface ShipperCounts {
  /** Records acknowledged, gaps counted as one each. */
  readonly records: number;
  readonly batches: number;
  readonly bytes: number;
  /** Batches that the server already had. */
  readonly duplicates: number;
}

export interface Shipper {
  /** Settles after a stop; rejects with the reason when the server refused for good or the spool failed. */
  readonly done: Promise<void>;
  readonly counts: ShipperCounts;
  /** Settles when everything in the spool is acknowledged; rejects as `done` does. */
  drained(): Promise<void>;
  /** Sends no more and waits, for a bounded time, for the receipts on their way; never rejects. */
  stop(): Promise<void>;
}
