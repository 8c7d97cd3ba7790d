import assert from 'node:assert/strict';
import type { Segment } from '../store.ts';
import { boundariesOf } from './read_all.ts';

/** Running checksums at every batch boundary, by incarnation and offset: what any proof may name. */
export class KnownChecksums {
  readonly #checksums = new Map<string, Map<number, number>>();

  at(incarnation: string, offset: number): number {
    const checksum = offset === 0 ? 0 : this.#checksums.get(incarnation)?.get(offset);
    assert(checksum !== undefined, `offset ${offset} is no batch boundary`);
    return checksum;
  }

  set(incarnation: string, offset: number, checksum: number): void {
    this.#of(incarnation).set(offset, checksum);
  }

  /** A fork has the boundaries of its source up to `to`, and those of the segments that it holds. */
  inherit(incarnation: string, source: string, to: number, segments: readonly Segment[]): void {
    const inherited = [...this.#of(source)].filter(([offset]) => offset <= to);
    for (const [offset, checksum] of [...inherited, ...segments.flatMap(boundariesOf)]) {
      this.set(incarnation, offset, checksum);
    }
  }

  #of(incarnation: string): Map<number, number> {
    const known = this.#checksums.get(incarnation) ?? new Map<number, number>();
    this.#checksums.set(incarnation, known);
    return known;
  }
}
