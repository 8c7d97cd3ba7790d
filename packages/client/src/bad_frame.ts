import { PacketboatError } from '@packetboat/core';

/** What the server sent breaks the protocol: the link ends with this error. */
export function badFrame(why: string): PacketboatError {
  return new PacketboatError('badFrame', `Bad frame from the server: ${why}`);
}
