/**
 * A source of numbers in [0, 1) that gives the same numbers for the same `parts`, and unlike ones when a part differs.
 * Not for secrets.
 */
export function seededRandom(...parts: readonly (string | number)[]): () => number {
  let step = hash(parts.join('/'));
  return () => {
    // A Weyl sequence, stirred by the finalizer of MurmurHash3: neighbouring states give unlike numbers.
    step = (step + 0x9e3779b9) | 0;
    let bits = Math.imul(step ^ (step >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state;
}
