import { encodeMessage, parseServerMessage, type ServerMessage } from '@packetboat/core';
import type { Link } from '@packetboat/server';

/** A link whose control messages are changed: each is answered with those that are sent in its place. */
export function textsChanged(link: Link, change: (message: ServerMessage) => readonly ServerMessage[]): Link {
  return {
    sendText: (text) => {
      for (const message of change(parseServerMessage(text))) link.sendText(encodeMessage(message));
    },
    sendBinary: (bytes) => link.sendBinary(bytes),
    close: (code, reason) => link.close(code, reason),
    get bufferedBytes() {
      return link.bufferedBytes;
    },
  };
}
