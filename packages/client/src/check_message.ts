import { type ClientMessage, encodeMessage, type Limits, PacketboatError, parseClientMessage } from '@packetboat/core';

/**
 * Checks a message that carries what the user gave us. A server ends the connection over a malformed message; we
 * would come back and say it again, for ever, and every other user of the connection would suffer.
 *
 * @throws {PacketboatError} `badRequest` when it is malformed (an epoch of −1, a name with a lone surrogate, values
 *   that JSON does not know), `tooLarge` when it is longer than a control message may be.
 */
export function checkMessage(message: ClientMessage, limits: Limits): void {
  let text: string;
  try {
    text = encodeMessage(message);
    parseClientMessage(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PacketboatError('badRequest', `Cannot send ${message.type}: ${why}`, { cause: error });
  }
  if (text.length <= limits.controlBytesMax) return;
  const size = `${text.length} characters are over the limit of ${limits.controlBytesMax}`;
  throw new PacketboatError('tooLarge', `Cannot send ${message.type}: ${size}`);
}
