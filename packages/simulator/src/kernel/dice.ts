import type { Random } from '@packetboat/core';

/** Chance that follows a seed. Each part of a simulation has dice of its own, so that one more throw here changes nothing there. */
export class Dice implements Random {
  #state: number;

  /** @param seed Any integer. */
  constructor(seed: number) {
    this.#state = scramble(seed) || 1;
  }

  /** Dice of their own for the part called `name`; the same for the same seed and name. */
  fork(name: string): Dice {
    let state = this.#state;
    for (const char of name) state = scramble(state ^ (char.codePointAt(0) ?? 0));
    return new Dice(state);
  }

  fraction(): number {
    return this.#uint32() / 2 ** 32;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#uint32() >>> 24);
  }

  /** An integer in `from` … `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of `choices`, which is not empty. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0];
  }

  /** Marsaglia's xorshift. */
  #uint32(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }
}

/** The finaliser of MurmurHash3: neighbouring seeds become unlike states. */
function scramble(value: number): number {
  let state = value | 0;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
