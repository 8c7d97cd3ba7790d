import { PacketboatError } from './errors.ts';
import type { Lifetime } from './store.ts';

/** Whether a stream with this lifetime ever ends. */
export function isMortal({ ttlMs, expiresAtMs }: Lifetime): boolean {
  return ttlMs !== undefined || expiresAtMs !== undefined;
}

/** @throws {PacketboatError} `badRequest` unless at most one of its fields is given, and that a sensible number. */
export function checkLifetime({ ttlMs, expiresAtMs }: Lifetime = {}): void {
  if (ttlMs !== undefined && expiresAtMs !== undefined) {
    throw new PacketboatError('badRequest', 'A stream has ttlMs or expiresAtMs, not both');
  }
  if (ttlMs !== undefined && !(ttlMs >= 0 && Number.isFinite(ttlMs))) {
    throw new PacketboatError('badRequest', `ttlMs is ${ttlMs}, not a time from 0 on`);
  }
  if (expiresAtMs !== undefined && !Number.isFinite(expiresAtMs)) {
    throw new PacketboatError('badRequest', `expiresAtMs is ${expiresAtMs}, not a time`);
  }
}
