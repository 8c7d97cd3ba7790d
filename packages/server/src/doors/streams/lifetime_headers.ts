import { type Lifetime, PacketboatError, quoted } from '@packetboat/core';
import { parseInteger } from './parse_integer.ts';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';

/**
 * How long a stream is to live, from its `Stream-TTL` and `Stream-Expires-At` (Durable Streams protocol, section 5.1).
 *
 * @throws {PacketboatError} `badRequest` for what is malformed, and for both at once.
 */
export function parseLifetime(ttl: string | undefined, expiresAt: string | undefined): Lifetime | undefined {
  if (ttl !== undefined && expiresAt !== undefined) {
    throw new PacketboatError('badRequest', 'Stream-TTL and Stream-Expires-At exclude each other');
  }
  if (ttl !== undefined) {
    const ttlMs = (parseInteger(ttl) ?? Number.NaN) * 1_000;
    if (!Number.isSafeInteger(ttlMs)) {
      throw new PacketboatError('badRequest', `Stream-TTL ${quoted(ttl)} is no number of seconds`);
    }
    return { ttlMs };
  }
  if (expiresAt === undefined) return undefined;
  const timeNs = parseRfc3339(expiresAt);
  if (timeNs === undefined) {
    throw new PacketboatError('badRequest', `Stream-Expires-At ${quoted(expiresAt)} is no RFC 3339 timestamp`);
  }
  // The next millisecond: a stream expires late rather than early.
  return { expiresAtMs: Number((timeNs + 999_999n) / 1_000_000n) };
}

/** The same fields, of a stream that exists (section 5.5). A TTL that is no whole second is told as the next one. */
export function lifetimeHeaders({ ttlMs, expiresAtMs }: Lifetime): Record<string, string> {
  return {
    ...(ttlMs !== undefined && { 'Stream-TTL': String(Math.ceil(ttlMs / 1_000)) }),
    ...(expiresAtMs !== undefined && { 'Stream-Expires-At': formatRfc3339(expiresAtMs) }),
  };
}
