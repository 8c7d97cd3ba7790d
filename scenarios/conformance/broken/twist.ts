import type { ClientMessage, ServerMessage } from '@packetboat/core';

/** What goes over a connection: a control message, a text that may be none, or a frame. */
export type Passing = object | string | Uint8Array;

/** What passes in place of what came, which passes itself if nothing is said. */
export type Instead = readonly Passing[] | undefined;

/** What passes in place of messages, by their type. */
export type Changes<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]?: (message: Extract<Message, { readonly type: Type }>) => Instead;
};

/** What a relay does to one connection. */
export interface Twist {
  /** Messages of the client. */
  readonly said?: Changes<ClientMessage>;
  /** Texts of the client that are no messages. */
  readonly mumbled?: (text: string) => Instead;
  /** Binary messages of the client. */
  readonly sent?: (frame: Uint8Array) => Instead;
  /** Messages of the server. */
  readonly told?: Changes<ServerMessage>;
  /** Binary messages of the server. */
  readonly shown?: (frame: Uint8Array) => Instead;
  /** With which code the client’s WebSocket is closed when the server closes with this one; not at all for `undefined`. */
  readonly closed?: (code: number) => number | undefined;
}

/** A connection through a relay, for what a twist does unasked. */
export interface Line {
  /** To the client. */
  readonly tell: (passing: Passing) => void;
  /** To the server. */
  readonly say: (passing: Passing) => void;
  /** Closes the client’s WebSocket. */
  readonly close: (code: number) => void;
  /** What all connections of one relay remember. */
  readonly memory: Map<string, string>;
}
