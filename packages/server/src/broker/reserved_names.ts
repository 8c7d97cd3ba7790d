import { PacketboatError, quoted } from '@packetboat/core';

/**
 * The first part of names that are the server's own (Durable Streams protocol, section 6), of streams and of producers:
 * no client writes there, or so.
 */
const reserved = '__ds';

/** Whether `name` is the server's own. */
export function isReservedName(name: string): boolean {
  return name === reserved || name.startsWith(`${reserved}/`);
}

/** @throws {PacketboatError} `badName` for a name that is the server's own. */
export function checkNotReserved(name: string): void {
  if (isReservedName(name)) throw new PacketboatError('badName', `The name ${quoted(name)} is reserved`);
}
