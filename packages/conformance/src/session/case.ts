/**
 * What a case of the session suite is: data. A case holds a server to one rule of `docs/protocol/session.md` by what is
 * said and seen on a WebSocket.
 *
 * In everything that is said or expected, a text that is `$` and a name stands for a value: `$stream`, `$other` and
 * `$producer` are names of the case's own, `$it.session` is a field of the welcome on connection `it`, and what an
 * expectation captured has the name it was given.
 */

/** JSON, with the words of `words.ts` in it. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** A number, or where it comes from. */
export type Amount = Value;

/** A record: its text, or so many bytes of `x`. */
export type RecordWish = string | { readonly bytes: Amount };

/** Bytes that are written over those of a sealed batch. */
export interface Damage {
  readonly at: number;
  readonly bytes: readonly number[];
  /** Whether the CRC is made to fit again. @default false */
  readonly reseal?: boolean;
}

/** A batch to be sealed. */
export interface BatchWish {
  readonly sequence: Amount;
  readonly records?: readonly RecordWish[];
  /** @default 0 */
  readonly epoch?: Amount;
  /** @default '$producer' */
  readonly producer?: string;
  /** @default false */
  readonly gap?: boolean;
  /** @default false */
  readonly close?: boolean;
  readonly damage?: Damage;
}

/** A publish frame. */
export interface PublishWish {
  readonly channel: number;
  readonly batches: readonly BatchWish[];
  /** In how many parts it is sent, with a heartbeat between them. @default 1 */
  readonly parts?: number;
}

/** A binary message: in hex, or so many zeros, which may be the part of a frame that has this index. */
export type BinaryWish = string | { readonly bytes: Amount; readonly part?: number };

/** How a connection is asked for. */
export interface ConnectWish {
  /** @default '/v1/session' */
  readonly path?: string;
  /** @default ['packetboat.v1'] */
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A hello that expects to be welcomed, on a new connection. The welcome's fields become variables. */
export interface GreetWish {
  /** The session to go on in, and how the welcome must say that it is resumed. */
  readonly resume?: {
    readonly session: string;
    readonly token: string;
    readonly life?: string;
    readonly attempt?: number;
  };
  /** Never says what it received. @default false */
  readonly mute?: boolean;
  /** Says no heartbeats. @default false */
  readonly still?: boolean;
}

interface Common {
  /** Which connection. @default 'it' */
  readonly on?: string;
}

/** How something is waited for. */
export interface Waiting extends Common {
  /** Types of messages that may come before: a cumulative receipt may come once or often. @default none */
  readonly past?: readonly string[];
  /** How long it may take, in milliseconds. @default the patience of the run */
  readonly withinMs?: Amount;
}

/** What is done on a connection that is open. */
export type Acting = Common &
  (
    | /** Says a control message. */ { readonly say: Value }
    | /** Sends a text message as it is. */ { readonly text: string }
    | /** Sends a binary message. */ { readonly binary: BinaryWish }
    | /** Writes bytes to the socket under the WebSocket, in hex. */ { readonly raw: string }
    | { readonly publish: PublishWish }
    | /** The connection ends without a word. */ { readonly cut: 'fin' | 'reset' }
  );

/** The next records of a subscription, in verified segments. */
export interface RecordsWish {
  readonly records: readonly RecordWish[];
  /** Whether the last of the segments says that it closes the stream. @default not looked at */
  readonly closes?: boolean;
}

/** What must be seen on a connection. Every message must have the fields of the document besides. */
export type Looking = Waiting &
  (
    | /** The next message is such a one. */ { readonly expect: Value }
    | /** Such a message comes; others of its type may come before it, as cumulative receipts do. */ {
        readonly until: Value;
      }
    | RecordsWish
    | /** What was said so far has no answer: that of a call comes next. */ { readonly quiet: true }
    | /** Nothing comes for so long. */ { readonly silentMs: Amount }
    | /** The WebSocket is closed with one of these codes. */ { readonly closed: readonly number[] }
    | /** The server answers the request for a WebSocket with this status. */ { readonly status: number }
  );

/** One step of a case; the first that fails ends it. What is seen on one connection is in order, as the protocol is. */
export type Step =
  | /** Opens a WebSocket, and says nothing. */ (Common & { readonly connect: ConnectWish })
  | (Common & { readonly greet: GreetWish })
  | Acting
  | Looking
  | { readonly waitMs: Amount };

/** One case. */
export interface Case {
  /** `<area>: <what holds>` */
  readonly name: string;
  /** Where `docs/protocol/session.md` says so: section, and item where it has numbers. */
  readonly clause: string;
  /** Why it matters, in a sentence. */
  readonly why: string;
  /** How long it waits for times of the server, with its usual settings. @default not at all */
  readonly waits?: 'seconds' | 'minutes';
  readonly steps: readonly Step[];
}
