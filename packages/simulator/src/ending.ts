import { batchRecords, crc32, type Limits, openBatches, PacketboatError } from '@packetboat/core';
import type { EngineStore } from '@packetboat/engine-sqlite/testing';
import type { Fleet } from './fleet.ts';
import type { Ending, EndingRecord, EndingStream } from './observation.ts';
import type { Simulation } from './simulation.ts';

const decoder = new TextDecoder();

/** What is there when everything has come to rest. */
export async function endingOf({ storage, servers }: Fleet, { limits, read }: Simulation): Promise<Ending> {
  const { store } = storage;
  if (store === undefined) throw new PacketboatError('internal', 'There is no store at the end');
  const streams = new Map<string, EndingStream>();
  for (const { stream } of store.engine.list('', undefined, 1_000)) {
    streams.set(stream, { ...(await storedOf(store, stream, limits)), read: read.get(stream) ?? new Map() });
  }
  const stored = (prefix: string) => store.engine.entries(prefix, undefined, 1_000).length;
  const held: Record<string, number> = {
    'stored sessions': stored('session/'),
    'stored sequences': stored('sequence/'),
  };
  for (const server of servers) {
    for (const [what, count] of Object.entries(server.held)) held[`${what} of ${server.name}`] = count;
  }
  return {
    streams,
    held,
  };
}

async function storedOf(store: EngineStore, stream: string, limits: Limits): Promise<Omit<EndingStream, 'read'>> {
  const info = store.engine.info(stream);
  if (typeof info === 'string') throw new PacketboatError('internal', `${stream} is listed and is ${info}`);
  const records: EndingRecord[] = [];
  while (info.first + records.length < info.tail) {
    const outcome = await store.log.read(stream, info.first + records.length, limits.readBytesMax);
    if (outcome.kind !== 'segments' || outcome.segments.length === 0) break;
    for (const segment of outcome.segments) {
      // A fork may begin in the middle of a segment.
      let skip = info.first + records.length - segment.base;
      for (const batch of openBatches(segment.bytes, crc32, limits)) {
        for (const { bytes } of batchRecords(batch)) {
          if (skip-- <= 0) records.push({ gap: batch.gap, text: decoder.decode(bytes) });
        }
      }
    }
  }
  return { info, records };
}
