import { PacketboatError } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { Handler } from './door.ts';
import type { MetricSet } from './metrics/metric_set.ts';

/** `/healthz`: the process answers. */
export const healthz: Handler = async (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end('ok\n');
};

/** `/readyz`: 200 when appends are taken, else 503 and why. */
export function readyz(broker: Broker): Handler {
  return async (_request, response) => {
    if (broker.state === 'stopping') throw new PacketboatError('stopping', 'The server is being stopped');
    const { state, reason } = broker.store.health();
    if (state !== 'ready')
      throw new PacketboatError('busy', `The store is ${state}: ${reason ?? 'no reason is known'}`);
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end('ready\n');
  };
}

/** `/metrics`. */
export function metrics(set: MetricSet): Handler {
  return async (_request, response) => {
    const text = await set.text();
    response.writeHead(200, { 'Content-Type': set.contentType, 'Cache-Control': 'no-store' });
    response.end(text);
  };
}
