import type { Segment } from '@packetboat/core';
import type { CacheBudget } from './cache_budget.ts';
import type { Follower } from './follower.ts';
import { type Encoded, Recent } from './recent.ts';

/** Records of a stream as one kind of reader gets them. */
export interface Piece extends Encoded {
  /** The stream's running checksum after the last of them. */
  readonly checksum: number;
  /** Where in `bytes` gap records stand, which are no data (P6). */
  readonly gaps: readonly GapPlace[];
  /** Whether the reader gets replacement characters, for the records are text and not UTF-8. */
  readonly notUtf8: boolean;
}

/** Gap records that follow each other in a body: JSON of a `Gap` each. */
export interface GapPlace {
  readonly at: number;
  readonly bytes: number;
}

/** Encodes the records of `segments` from offset `from` on, as pieces that follow each other. */
export type Encode = (segments: readonly Segment[], from: number) => readonly Piece[];

/** One way of encoding a stream, shared by all who follow it so: what is committed is encoded once. */
export class Rendition {
  readonly followers = new Set<Follower>();
  readonly #encode: Encode;
  readonly #recent: Recent<Piece>;
  /** Reads of the store that somebody waits for, by where they begin. */
  readonly #reading = new Map<number, Promise<readonly Piece[]>>();

  constructor(encode: Encode, budget: CacheBudget) {
    this.#encode = encode;
    this.#recent = new Recent(budget);
  }

  committed(segment: Segment): void {
    if (this.followers.size > 0 && segment.count > 0) this.encode([segment], segment.base);
  }

  /** Pieces from `from` on: the one that is kept, or what `read` brings, once for all who ask for it meanwhile. */
  async pieces(from: number, read: () => Promise<readonly Piece[]>): Promise<readonly Piece[]> {
    const kept = this.#recent.get(from);
    if (kept !== undefined) return [kept];
    const reading = this.#reading.get(from) ?? read().finally(() => this.#reading.delete(from));
    this.#reading.set(from, reading);
    return reading;
  }

  /** Encodes for all who will want it. */
  encode(segments: readonly Segment[], from: number): readonly Piece[] {
    const pieces = this.#encode(segments, from).map((piece) => ({ ...piece, bytes: alone(piece.bytes) }));
    for (const piece of pieces) this.#recent.add(piece);
    return pieces;
  }
}

/** `bytes` in a buffer of their own: what is kept must not keep a whole commit, or one of Node's pools, with it. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
