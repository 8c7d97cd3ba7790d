/**
 * The numbers of a sequence, made from its seed: a permutation of all uint32s, so that any index is at hand without the
 * ones before it, and none comes twice in 2^32 (S2.10). Nothing of it is secret.
 */
const rounds = 8;
const half = 16;
const seedPattern = /^[0-9a-f]{32}$/;

/** The number at each index of the sequence with this seed: 16 bytes in hex. */
export function sequenceValues(seed: string): (index: number) => number {
  const keys = roundKeys(seed);
  return (index) => permute(index, half, keys);
}

/** Whether `text` is a seed. */
export function isSequenceSeed(text: string): boolean {
  return seedPattern.test(text);
}

/** One key for each round. */
export function roundKeys(seed: string): Uint32Array {
  const words = Array.from({ length: 4 }, (_, word) => Number.parseInt(seed.slice(word * 8, word * 8 + 8), 16));
  return Uint32Array.from({ length: rounds }, (_, round) => mix((words[round % 4] ?? 0) + round * 0x9e3779b9));
}

/**
 * A Feistel network: each round changes one half by the other, which can be undone whatever `mix` does. So no two
 * indexes meet.
 *
 * @param halfBits Half the width of index and result, in bits: at most 16.
 */
export function permute(index: number, halfBits: number, keys: Uint32Array): number {
  const mask = 2 ** halfBits - 1;
  let left = (index >>> halfBits) & mask;
  let right = index & mask;
  for (const key of keys) [left, right] = [right, (left ^ mix(right + key)) & mask];
  return ((left << halfBits) | right) >>> 0;
}

/** Every bit of the result depends on every bit of `word`. */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
