import type { StreamInfo } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { StreamWatch } from './stream_watch.ts';
import { tellsOfWakes } from './wake_batch.ts';

/** Records of a wake stream that are looked at, from its tail back; what stands before them counts as work. */
export const lookBackMax = 8_192;
/** Records that are looked at a time. */
const stepRecords = 256;

/** Where the work in a stream ends, as it is stored: 0 when there is none. All but what wakes wrote is work. */
export async function findWork(broker: Broker, watch: StreamWatch, info: StreamInfo): Promise<number> {
  const { stream, first, tail } = info;
  if (!watch.isWakeStream(stream)) return tail;
  const oldest = Math.max(first, tail - lookBackMax);
  for (let end = tail; end > oldest; end -= stepRecords) {
    const work = await workWithin(broker, stream, Math.max(oldest, end - stepRecords), end);
    if (work > 0) return work;
  }
  return oldest === first ? 0 : oldest;
}

/** Where the last work ends that begins before `to`; 0 when there is none. What cannot be read counts as work. */
async function workWithin({ store, world, limits }: Broker, stream: string, from: number, to: number): Promise<number> {
  let [at, work] = [from, 0];
  while (at < to) {
    const outcome = await store.log.read(stream, at, limits.readBytesMax);
    if (outcome.kind !== 'segments' || outcome.segments.length === 0) return to;
    for (const segment of outcome.segments) {
      at = segment.base + segment.count;
      if (!tellsOfWakes(segment, world.crc32)) work = at;
    }
  }
  return work;
}
