import { PacketboatError } from '@packetboat/core';

/** `error` itself when it is one of ours; any other is a defect, told to nobody in detail (ASVS 16.5.1). */
export function asPacketboatError(error: unknown): PacketboatError {
  if (error instanceof PacketboatError) return error;
  return new PacketboatError('internal', 'The server made a mistake', { cause: error });
}
