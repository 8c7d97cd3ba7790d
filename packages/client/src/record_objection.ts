import { PacketboatError, type RecordInput } from '@packetboat/core';

/** Why a program's record cannot be one, whatever its types promise: it holds no bytes, or no time. */
export function recordObjection({ bytes, timeNs }: RecordInput): PacketboatError | undefined {
  if (!(bytes instanceof Uint8Array)) return new PacketboatError('badRequest', 'A record is a Uint8Array or a string');
  if (typeof timeNs !== 'bigint') {
    return new PacketboatError('badRequest', 'A time is a bigint: nanoseconds since the Unix epoch');
  }
  if (BigInt.asIntN(64, timeNs) !== timeNs) {
    return new PacketboatError('badRequest', `Time ${timeNs} has more than 64 bits`);
  }
  return undefined;
}
