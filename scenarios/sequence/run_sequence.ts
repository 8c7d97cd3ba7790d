import { connect, type SequenceOptions, type SequenceResult, type WebSocketConstructor } from '@packetboat/client';
import { WebSocket } from 'ws';

/** What a whole sequence gave. */
export interface Received extends SequenceResult {
  readonly indexes: readonly number[];
  readonly values: readonly number[];
  /** How often the link came back. */
  readonly resumed: number;
}

/** Receives a sequence with a client of its own that comes back quickly, and gives up when its session expires. */
export async function runSequence(url: string, options: SequenceOptions): Promise<Received> {
  let resumed = 0;
  const client = await connect(url, {
    webSocket: WebSocket as unknown as WebSocketConstructor,
    backoff: { firstMs: 10, capMs: 500 },
    whenExpired: 'fail',
    onStatus: (event) => {
      if (event.resumed === true) resumed += 1;
    },
  });
  try {
    const sequence = client.sequence(options);
    const indexes: number[] = [];
    const values: number[] = [];
    for await (const { index, value } of sequence) {
      indexes.push(index);
      values.push(value);
    }
    return { ...(await sequence.result), indexes, values, resumed };
  } finally {
    await client.close();
  }
}
