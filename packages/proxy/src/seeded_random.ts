/** A source of numbers in [0, 1) that gives the same numbers for the same seed. Not for secrets. */
export function seededRandom(seed: number): () => number {
  let step = seed | 0;
  return () => {
    // A Weyl sequence, stirred by the finalizer of MurmurHash3: neighbouring seeds give unlike numbers.
    step = (step + 0x9e3779b9) | 0;
    let bits = Math.imul(step ^ (step >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}
