import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Broker } from '../broker/broker.ts';

/** Requests that may stand behind the one that is being answered. Clients hardly ever send any ahead. */
const waitingMax = 32;

/** The last request of a connection, and how many stand behind the one that is being answered. */
interface Line {
  last: ServerResponse;
  waiting: number;
}

/**
 * Lets the requests that a connection sends ahead of their answers take turns. Node would begin them all, and a peer
 * that asks a thousand times and reads nothing would have a thousand answers held for it, not one (P7).
 */
export function inTurn(broker: Broker, answer: RequestListener): RequestListener {
  const lines = new WeakMap<object, Line>();
  return (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // What was parsed already keeps coming after the connection was closed.
    if (socket.destroyed) return;
    const line = lines.get(socket);
    if (line === undefined || line.last.closed) {
      lines.set(socket, { last: response, waiting: 0 });
      answer(request, response);
      return;
    }
    if (line.waiting >= waitingMax) {
      broker.counters.refused('limitReached');
      socket.destroy();
      return;
    }
    line.waiting += 1;
    line.last.once('close', () => {
      line.waiting -= 1;
      if (!socket.destroyed) answer(request, response);
    });
    line.last = response;
  };
}
