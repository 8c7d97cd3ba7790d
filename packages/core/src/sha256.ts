/**
 * SHA-256 (FIPS 180-4) in plain TypeScript, so that the memory store can name blobs without any platform.
 * Slow; engines use their platform's.
 */
const blockBytes = 64;
const roundConstants = Uint32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)));
const initialHash = Uint32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)));

/** The SHA-256 of `bytes` in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  const hash = new Sha256();
  hash.add(bytes);
  return hash.digest();
}

/** SHA-256 of bytes that come piece by piece. */
export class Sha256 {
  readonly #hash = initialHash.slice();
  /** What does not fill a block yet. */
  readonly #rest = new Uint8Array(blockBytes);
  #length = 0;

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const from = this.#length % blockBytes;
      const part = bytes.subarray(at, at + blockBytes - from);
      this.#rest.set(part, from);
      this.#length += part.length;
      at += part.length;
      if (this.#length % blockBytes === 0) mixBlocks(this.#hash, this.#rest);
    }
  }

  /** The hash of all so far, in lower-case hex. */
  digest(): string {
    const hash = this.#hash.slice();
    mixBlocks(hash, padded(this.#rest.subarray(0, this.#length % blockBytes), this.#length));
    return Array.from(hash, (word) => word.toString(16).padStart(8, '0')).join('');
  }
}

/** The last bytes, a one bit, zeros, and the length of the whole in bits: one block or two. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(Math.ceil((bytes.length + 9) / blockBytes) * blockBytes);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  new DataView(whole.buffer).setBigUint64(whole.length - 8, BigInt(length) * 8n);
  return whole;
}

function mixBlocks(hash: Uint32Array, bytes: Uint8Array): void {
  const blocks = new DataView(bytes.buffer);
  const words = new Uint32Array(64);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    for (let index = 0; index < 16; index++) words[index] = blocks.getUint32(at + index * 4);
    mixBlock(hash, words);
  }
}

function mixBlock(hash: Uint32Array, words: Uint32Array): void {
  const word = (index: number) => words[index] as number;
  for (let index = 16; index < 64; index++) {
    const low = word(index - 15);
    const high = word(index - 2);
    const lowMixed = rotated(low, 7) ^ rotated(low, 18) ^ (low >>> 3);
    const highMixed = rotated(high, 17) ^ rotated(high, 19) ^ (high >>> 10);
    words[index] = word(index - 16) + lowMixed + word(index - 7) + highMixed;
  }
  let [a, b, c, d, e, f, g, h] = hash as Iterable<number> as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let index = 0; index < 64; index++) {
    const chosen = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const first =
      h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + chosen + (roundConstants[index] as number) + word(index);
    const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) hash[index] = (hash[index] as number) + value;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractional part: how the standard draws its constants from roots of primes. */
function fractionBits(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}
