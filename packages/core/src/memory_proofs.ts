import type { World } from './ports.ts';
import type { Proof, StreamInfo } from './store.ts';

const encoder = new TextEncoder();

/**
 * Makes the memory engine's proofs. Their MAC is a keyed CRC: it finds mistakes, not forgers, for the store lives in one
 * process and core has no cryptography.
 */
export class MemoryProofs {
  readonly #storeId: string;
  readonly #world: World;
  readonly #macKey: Uint8Array;

  constructor(storeId: string, world: World) {
    this.#storeId = storeId;
    this.#world = world;
    this.#macKey = world.random.bytes(16);
  }

  /** The proof of a stream's tail. */
  make(info: StreamInfo): Proof {
    const { stream, incarnation, tail: offset, checksum } = info;
    const proof = { storeId: this.#storeId, stream, incarnation, offset, checksum, durability: 'memory' } as const;
    return { ...proof, mac: this.#mac(proof) };
  }

  /** Whether a proof was made here. */
  isOurs(proof: Proof): boolean {
    return proof.storeId === this.#storeId && proof.mac === this.#mac(proof);
  }

  #mac(proof: Omit<Proof, 'mac'>): string {
    const { storeId, stream, incarnation, offset, checksum, durability } = proof;
    const text = JSON.stringify([storeId, stream, incarnation, offset, checksum, durability]);
    const crc = this.#world.crc32(encoder.encode(text), this.#world.crc32(this.#macKey));
    return crc.toString(16).padStart(8, '0');
  }
}
