import type { Crc32 } from '../ports.ts';
import { Sha256 } from '../sha256.ts';

/** How the checksum of a sequence is made: over its numbers as uint32s, most significant byte first. */
export type SequenceAlgorithm = 'crc-32' | 'sha-256';

export const sequenceAlgorithms: readonly SequenceAlgorithm[] = ['crc-32', 'sha-256'];

export function isSequenceAlgorithm(text: string): text is SequenceAlgorithm {
  return sequenceAlgorithms.some((algorithm) => algorithm === text);
}

/** The checksum of a sequence's numbers so far. What it holds does not grow with them. */
export class SequenceDigest {
  readonly #crc32: Crc32;
  readonly #sha256: Sha256 | undefined;
  readonly #bytes = new Uint8Array(4);
  #crc = 0;
  #count = 0;

  constructor(algorithm: SequenceAlgorithm, crc32: Crc32) {
    this.#crc32 = crc32;
    if (algorithm === 'sha-256') this.#sha256 = new Sha256();
  }

  /** How many numbers it covers. */
  get count(): number {
    return this.#count;
  }

  /** In lower-case hex: 8 or 64 digits. */
  get checksum(): string {
    return this.#sha256?.digest() ?? this.#crc.toString(16).padStart(8, '0');
  }

  add(value: number): void {
    new DataView(this.#bytes.buffer).setUint32(0, value);
    if (this.#sha256 === undefined) this.#crc = this.#crc32(this.#bytes, this.#crc);
    else this.#sha256.add(this.#bytes);
    this.#count += 1;
  }
}
