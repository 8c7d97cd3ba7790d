import type { PacketboatError } from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';

/** One request to the stream door, read and bounded, without its socket: verbs are tested as plain functions. */
export interface StreamRequest {
  readonly method: string;
  /** The stream's name, decoded from the path and checked. */
  readonly stream: string;
  /** Where this server is reached, as the client sees it: `http://host:port`. */
  readonly origin: string;
  /** The request's path as it was sent, without the query: what `Location` says. */
  readonly path: string;
  /** The peer's address: whom limits per client count. */
  readonly client: string;
  readonly query: URLSearchParams;
  /**
   * A header field by its lower-case name; an empty value is not absence.
   *
   * @throws {PacketboatError} `badRequest` when the field was sent more than once.
   */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
  /** Aborted when the peer has left. */
  readonly signal: AbortSignal;
}

/** What a verb answers. */
export interface StreamAnswer {
  readonly status: number;
  /** Set for a refusal that comes with header fields of the protocol: it is the body. Others are simply thrown. */
  readonly error?: PacketboatError;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces that are written one after the other. One that is made on the way is asked for only when there is room. */
  readonly body?: readonly Uint8Array[] | AsyncIterable<Uint8Array>;
}

/** Does one verb of the protocol. Rejects with a `PacketboatError`. */
export type StreamVerb = (broker: Broker, request: StreamRequest) => Promise<StreamAnswer>;
