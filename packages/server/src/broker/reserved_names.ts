import { PacketboatError, quoted } from '@packetboat/core';

/** The first part of names that are the server's own (Durable Streams protocol, section 6): no client writes there. */
const reserved = '__ds';

/** Whether `stream` is the server's own. */
export function isReservedName(stream: string): boolean {
  return stream === reserved || stream.startsWith(`${reserved}/`);
}

/** @throws {PacketboatError} `badName` for a name that is the server's own. */
export function checkNotReserved(stream: string): void {
  if (isReservedName(stream)) throw new PacketboatError('badName', `The name ${quoted(stream)} is reserved`);
}
