/** What the shipper needs of the SDK: `connect` gives it, tests give their own. */
import type { PacketboatError, Proof } from '@packetboat/core';

/** The part of the SDK's channel that is used. */
export interface ShipperChannel {
  /** What the server expects next. */
  readonly position: { readonly epoch: number; readonly sequence: number };
  /** The largest batch that the link would take in one piece now. */
  readonly pieceBytes: number;
  /** Settles in order; rejects only for good. */
  send(bytes: Uint8Array, sequence: number): Promise<ShipperReceipt>;
  /** Settles when the window has room. */
  ready(): Promise<void>;
  close(): void | Promise<void>;
}

export interface ShipperReceipt {
  readonly sequence: number;
  readonly offset: number | undefined;
  readonly duplicate: boolean;
  readonly proof: Proof;
}

/** The part of the SDK's client that is used. */
export interface ShipperClient {
  channel(
    stream: string,
    options: {
      readonly producer: string;
      readonly epoch: number;
      readonly create: boolean;
      readonly contentType: string;
      /** Told when the server refuses for the moment: the channel tries again by itself. */
      readonly onRefused: (reason: PacketboatError) => void;
      /** Gives up the channel and what is unacknowledged. */
      readonly signal: AbortSignal;
    },
  ): Promise<ShipperChannel>;
}
