import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { assert, type KeyValueMap, type World } from '@packetboat/core';

/** Where the store keeps the seed of the private key. */
const seedKey = 'webhooks/signing-key';
const seedBytes = 32;
/** What stands before the seed of an Ed25519 private key in PKCS #8 (RFC 8410 section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A public key as receivers get it (RFC 8037). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/**
 * The key that signs calls, one for each store, so that receivers know who calls. Its seed lies in the store's Map and
 * is protected as all of the store is: by the mode of the data folder, which only its owner reads. A backup holds it.
 */
export class WebhookKey {
  readonly publicJwk: PublicJwk;
  readonly #privateKey: KeyObject;

  constructor(seed: Uint8Array) {
    this.#privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
    const { x } = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    assert(x !== undefined, 'an Ed25519 key has an x');
    // RFC 7638: the members that make the key, in this order.
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));
    const kid = `ds_${thumbprint.digest('base64url')}`;
    this.publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' };
  }

  /** The store's key; the first who asks makes it. */
  static async open(map: KeyValueMap, world: World): Promise<WebhookKey> {
    const stored = await map.get(seedKey);
    if (stored === undefined) await map.put(seedKey, world.random.bytes(seedBytes), 'absent');
    const entry = stored ?? (await map.get(seedKey));
    assert(entry?.value.length === seedBytes, 'the seed of the signing key is whole');
    return new WebhookKey(entry.value);
  }

  /** The `Webhook-Signature` of a body sent at `timeNs`: Ed25519 over the time in seconds, a dot, and the body. */
  sign(body: string, timeNs: bigint): string {
    const seconds = timeNs / 1_000_000_000n;
    const signature = sign(null, Buffer.from(`${seconds}.${body}`), this.#privateKey).toString('base64url');
    return `t=${seconds},kid=${this.publicJwk.kid},ed25519=${signature}`;
  }
}
