import { PacketboatError, quoted } from '@packetboat/core';

/**
 * Checks an origin that was configured: as browsers write it, `https://console.example:8443`.
 *
 * @throws {PacketboatError} `badRequest`
 */
export function checkOrigin(text: string): void {
  if (URL.parse(text)?.origin === text && text !== 'null') return;
  throw new PacketboatError('badRequest', `${quoted(text)} is no origin such as https://console.example`);
}
