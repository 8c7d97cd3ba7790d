import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '@packetboat/core';

/** Letters of a token: 256 bits in base64url. */
const tokenPattern = /^[\w-]{43}$/;

/** A secret that acks one wake. Only its hash is stored (P9). */
export function makeToken(random: Random): { readonly token: string; readonly tokenHash: string } {
  const token = Buffer.from(random.bytes(32)).toString('base64url');
  return { token, tokenHash: hashToken(token) };
}

/** Whether `token` is the one that `tokenHash` was made of, in a time that tells nothing. */
export function isToken(token: string, tokenHash: string): boolean {
  return tokenPattern.test(token) && timingSafeEqual(Buffer.from(hashToken(token)), Buffer.from(tokenHash));
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
