import { connect } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';

/** What one pipelined producer reached. */
export interface PipelinedFigures {
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly megabytesPerSecond: number;
}

/**
 * One producer that publishes `recordBytes`-byte records as fast as receipts come, for `seconds` seconds: the
 * SDK's own batches and window, every record counted when it is acknowledged.
 */
export async function pipelined(url: string, seconds: number, recordBytes: number): Promise<PipelinedFigures> {
  const client = await connect(url, { client: 'bench', world: nodeWorld });
  const producer = await client.producer('bench/pipelined', { create: true });
  const record = new Uint8Array(recordBytes).fill(120);
  const burst = 1_000;
  const fromMs = performance.now();
  let published = 0;
  let last: Promise<unknown> = Promise.resolve();
  while (performance.now() - fromMs < seconds * 1_000) {
    await producer.ready();
    for (let index = 0; index < burst; index++) last = producer.publish(record);
    published += burst;
  }
  await last;
  await producer.flush();
  const tookSeconds = (performance.now() - fromMs) / 1_000;
  await producer.close();
  await client.close();
  const recordsPerSecond = published / tookSeconds;
  return {
    records: published,
    seconds: tookSeconds,
    recordsPerSecond,
    megabytesPerSecond: (recordsPerSecond * recordBytes) / 1_000_000,
  };
}
