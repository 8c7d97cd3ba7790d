import type { Durability, PacketboatError, Proof } from '@packetboat/core';

/** Options of a channel. */
export interface ChannelOptions {
  /** Producer id under which the batches are sealed. */
  readonly producer: string;
  /** Epoch under which the batches are sealed. @default the producer's next epoch */
  readonly epoch?: number;
  /** Create the stream if its name was never used. @default false */
  readonly create?: boolean;
  /** What the stream holds; another type is refused. @default whatever it holds */
  readonly contentType?: string;
  /** Refuse receipts that are weaker than this (P1). @default whatever the store reaches */
  readonly durability?: Durability;
  /** The last proof of an earlier life of this producer: a store that has lost what it proves says so (F15). */
  readonly witness?: Proof;
  /**
   * Told when the server refuses for the moment (`diskFull`, `busy`, `stopping`). It is tried again by itself; until
   * then nothing is acknowledged. @default nobody
   */
  readonly onRefused?: (reason: PacketboatError, retryInMs: number) => void;
  /** Gives up the channel: what is not acknowledged is rejected with `aborted`. */
  readonly signal?: AbortSignal;
}
