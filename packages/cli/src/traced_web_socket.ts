import type { WebSocketConstructor } from '@packetboat/client';
import type { Logger } from 'pino';
import { BoundedWebSocket } from './bounded_web_socket.ts';

/** A class of WebSockets that logs the types of all control messages at `debug`: heartbeats and all. */
export function tracedWebSocket(logger: Logger): WebSocketConstructor {
  class TracedWebSocket extends BoundedWebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      this.addEventListener('message', ({ data }) => logger.debug({ received: typeOf(data) }, 'a message came'));
    }

    override send(data: string | Uint8Array): void {
      logger.debug({ sent: typeOf(data) }, 'a message leaves');
      super.send(data);
    }
  }
  return TracedWebSocket;
}

/** Not the rest: a hello has a secret in it. */
function typeOf(data: unknown): string {
  if (typeof data !== 'string') return 'frame';
  return /^\{"type":"(\w+)"/.exec(data)?.[1] ?? 'unknown';
}
