import type { Timers } from '@packetboat/core';

/** Up is from the client to the server, down is back. */
export type OneDirection = 'up' | 'down';

/** Where a fault acts. */
export type Direction = OneDirection | 'both';

/** How a connection is cut: with a FIN, as a process that ends, or a reset, as a router that forgot it. */
export type CutHow = 'fin' | 'reset';

/** Cuts the connection when everything before it has left. */
export interface Cut {
  readonly cut: CutHow;
}

/**
 * What a fault does to one direction of one connection. Made anew for each, so it may keep state. It decides when bytes
 * come in, from nothing but those bytes, their time and its own chance: that is why a run can be replayed, and why the
 * simulator can use the same stages. Absent fields change nothing.
 */
export interface Stage {
  /** Bytes vanish; with `everything` the end of the connection and its beginning vanish too. */
  readonly swallows?: 'bytes' | 'everything';
  /** What goes on in place of `bytes`, piece by piece. The array that comes in is not changed. */
  readonly pieces?: (bytes: Uint8Array) => Iterable<Uint8Array | Cut>;
  /** When a piece of `byteCount` bytes that comes in at `arriveMs` goes out; the end has 0 bytes. Called in order. */
  readonly leaveMs?: (byteCount: number, arriveMs: number) => number;
  /** When an end that comes in at `arriveMs` goes out. */
  readonly endMs?: (arriveMs: number) => number;
  /** Bytes held back before the sender is slowed down. */
  readonly heldBytesMax?: number;
  /** The whole connection is cut this long after the fault met it. */
  readonly linkEnd?: { readonly afterMs: number; readonly how: CutHow };
  /** The socket that this direction begins at is reset at once; whether the other side hears of it is `swallows`' matter. */
  readonly resetsSource?: boolean;
}

/** One direction of one connection. */
export interface Place {
  readonly direction: OneDirection;
  /** A number in [0, 1), the same run after run for one seed, fault, connection and direction. */
  readonly random: () => number;
}

/** What a fault may do to the proxy as a whole. */
export interface FaultTarget {
  readonly timers: Timers;
  /** Cuts the connections that exist and that the fault acts on. */
  cutLinks(how: CutHow): void;
  /** Refuses connections until `openPort` was called as often. */
  closePort(): void;
  openPort(): Promise<void>;
  /** Hands each new connection to `gate`; it reaches the target when `enter` is called. Returns what ends that. */
  admit(gate: (enter: () => void) => void): () => void;
}

/** An integer in a range, or one of some words. `optional` ones have a default in the fault's own file. */
export type OptionRule = NumberRule | WordRule;

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly optional?: boolean;
  /** The attribute of Toxiproxy's that means the same. @default none */
  readonly toxic?: string;
  /** How many of ours one of Toxiproxy's is. @default 1 */
  readonly toxicUnit?: number;
}

export interface WordRule {
  readonly words: readonly string[];
  readonly optional?: boolean;
}

/** What may be said about a kind of fault. */
export interface FaultRule {
  readonly options: Readonly<Record<string, OptionRule>>;
  /**
   * What it acts on: the bytes of one direction or both of the connections that are named, whole connections of those
   * that are named, or the proxy.
   */
  readonly scope: 'bytes' | 'connections' | 'proxy';
  /** It is over as soon as it has begun. @default false */
  readonly once?: boolean;
}

/** A kind of fault: one small file in `faults/`. The README holds the recipe for adding one. */
export interface FaultKind<F> extends FaultRule {
  /** Its fields beside `fault`, by name. */
  readonly options: Readonly<Record<Exclude<keyof F, 'fault'>, OptionRule>>;
  readonly stage?: (fault: F, place: Place) => Stage;
  /** Done when the fault begins; returns what ends it, if it has an end. */
  readonly begin?: (fault: F, target: FaultTarget) => (() => void | Promise<void>) | undefined;
}
