import { connect } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';

/** What one record at a time takes, from publish to receipt. */
export interface LoneFigures {
  readonly recordsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One record in flight: each is published when the one before it is acknowledged. */
export async function lone(url: string, seconds: number, recordBytes: number): Promise<LoneFigures> {
  const client = await connect(url, { client: 'bench', world: nodeWorld });
  const producer = await client.producer('bench/lone', { create: true });
  const record = new Uint8Array(recordBytes).fill(120);
  const tookMs: number[] = [];
  const fromMs = performance.now();
  for (let nowMs = fromMs; nowMs - fromMs < seconds * 1_000; ) {
    await producer.publish(record);
    const doneMs = performance.now();
    tookMs.push(doneMs - nowMs);
    nowMs = doneMs;
  }
  const elapsedMs = performance.now() - fromMs;
  await producer.close();
  await client.close();
  tookMs.sort((a, b) => a - b);
  const at = (fraction: number) => tookMs[Math.min(tookMs.length - 1, Math.trunc(tookMs.length * fraction))] ?? 0;
  return { recordsPerSecond: (tookMs.length / elapsedMs) * 1_000, p50Ms: at(0.5), p99Ms: at(0.99) };
}
