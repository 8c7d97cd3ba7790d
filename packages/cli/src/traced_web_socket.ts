import type { WebSocketConstructor } from '@packetboat/client';
import type { Logger } from 'pino';
import { WebSocket } from 'ws';

/** A class of WebSockets that logs the types of all control messages at `debug`: heartbeats and all. */
export function tracedWebSocket(logger: Logger): WebSocketConstructor {
  class TracedWebSocket extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      this.on('message', (data, isBinary) => {
        logger.debug({ received: isBinary ? 'frame' : typeOf(String(data)) }, 'a message came');
      });
    }

    override send(data: string | Uint8Array): void {
      logger.debug({ sent: typeof data === 'string' ? typeOf(data) : 'frame' }, 'a message leaves');
      super.send(data);
    }
  }
  return TracedWebSocket as unknown as WebSocketConstructor;
}

/** Not the rest: a hello has a secret in it. */
function typeOf(text: string): string {
  return /^\{"type":"(\w+)"/.exec(text)?.[1] ?? 'unknown';
}
