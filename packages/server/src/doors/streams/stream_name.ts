import { checkStreamName, PacketboatError, quoted } from '@packetboat/core';

/** Where streams are. */
export const streamPrefix = '/v1/stream/';
/** Names below it belong to the protocol itself (section 6): no stream is called so. */
const reserved = '__ds';

/**
 * The stream that a path, as it was sent, names: what follows the prefix, percent-decoded as UTF-8.
 *
 * @throws {PacketboatError} `badName`; `notFound` for a path elsewhere, and for a reserved name.
 */
export function streamNameOf(path: string, bytesMax: number): string {
  if (!path.startsWith(streamPrefix)) throw new PacketboatError('notFound', `There is no stream at ${quoted(path)}`);
  const name = checkStreamName(decoded(path.slice(streamPrefix.length)), bytesMax);
  if (name === reserved || name.startsWith(`${reserved}/`)) {
    throw new PacketboatError('notFound', `There is no stream ${quoted(name)}: such names are reserved`);
  }
  return name;
}

function decoded(text: string): string {
  try {
    // Bytes that are not ASCII come as one character each: they are no UTF-8 any more.
    if (/^[\x21-\x7e]*$/.test(text)) return decodeURIComponent(text);
  } catch {
    // Said below.
  }
  throw new PacketboatError('badName', `Path ${quoted(text)} is not percent-encoded UTF-8`);
}
