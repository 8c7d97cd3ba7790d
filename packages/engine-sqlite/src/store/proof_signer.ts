import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Proof } from '@packetboat/core';
import type { Identity } from './database.ts';
import type { ProofClaim } from './stream_row.ts';

/** Authenticates what the store acknowledged: HMAC-SHA-256 (RFC 2104) with a key that never leaves the store. */
export class ProofSigner {
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  sign(claim: ProofClaim): Proof {
    const unsigned = { storeId: this.#identity.id, ...claim, durability: 'disk' } as const;
    return { ...unsigned, mac: this.#mac(unsigned).toString('base64url') };
  }

  /** Whether this store made `proof`. Takes the same time for every wrong mac. */
  verify(proof: Proof): boolean {
    const mac = Buffer.from(proof.mac, 'base64url');
    const expected = this.#mac(proof);
    return proof.storeId === this.#identity.id && mac.length === expected.length && timingSafeEqual(mac, expected);
  }

  #mac({ storeId, stream, incarnation, offset, checksum, durability }: Omit<Proof, 'mac'>): Buffer {
    const hmac = createHmac('sha256', Buffer.from(this.#identity.macKey, 'base64url'));
    return hmac.update(JSON.stringify([storeId, stream, incarnation, offset, checksum, durability])).digest();
  }
}
