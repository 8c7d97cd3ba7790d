import { defaultLimits } from '@packetboat/core';
import { WebSocket } from 'ws';

/** Parts of one message, and pieces of it as they come from the socket: no server needs more. */
const fragmentsMax = 1_024;
const chunksMax = 16_384;

/**
 * The WebSockets of commands. One message may be as large as the protocol allows, and is never compressed: a server that
 * means harm finds no more memory here than that.
 */
export class BoundedWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, {
      maxPayload: defaultLimits.frameBytesMax,
      maxFragments: fragmentsMax,
      maxBufferedChunks: chunksMax,
      perMessageDeflate: false,
    });
  }
}
