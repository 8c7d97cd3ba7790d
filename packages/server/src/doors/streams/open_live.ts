import { absenceError } from '../../broker/absence_error.ts';
import type { Broker } from '../../broker/broker.ts';
import type { LiveReader, LiveReading } from '../../fan_out/live_readers.ts';
import { aheadError } from './catch_up.ts';
import { checkLineage } from './offset_token.ts';
import type { ReadQuery } from './read_query.ts';
import { answerTrimmed, type Dropped } from './stream_gap.ts';
import type { StreamAnswer, StreamRequest } from './stream_request.ts';

/** A live reader that was let in, and where it begins. */
export interface LiveBeginning {
  readonly reading: LiveReading;
  readonly from: number;
  /** The running checksum at `from`, when that is the tail. */
  readonly checksum: number | undefined;
  readonly dropped: Dropped | undefined;
}

/**
 * Lets a live reader in.
 *
 * @returns an answer instead when the records it asks for are not kept any more.
 * @throws {PacketboatError} for a stream that is not there, an offset that is not of it, and too many readers.
 */
export async function openLive(
  broker: Broker,
  request: StreamRequest,
  query: ReadQuery,
  { kind, encode }: Pick<LiveReader, 'kind' | 'encode'>,
): Promise<LiveBeginning | StreamAnswer> {
  broker.checkReady();
  const { stream, client, signal } = request;
  const reading = await broker.liveReaders.open({ stream, client, signal, kind, encode });
  if (typeof reading === 'string') throw absenceError(stream, reading);
  try {
    const beginning = begin(reading, query);
    if ('status' in beginning) reading[Symbol.dispose]();
    return beginning;
  } catch (error) {
    reading[Symbol.dispose]();
    throw error;
  }
}

function begin(reading: LiveReading, { from }: ReadQuery): LiveBeginning | StreamAnswer {
  const { info, feed } = reading.follower;
  const { first, firstChecksum, tail, checksum } = info;
  if (from === 'now') return { reading, from: tail, checksum, dropped: undefined };
  if (typeof from === 'object') {
    checkLineage(info, from);
    const { offset } = from;
    if (offset < first) return answerTrimmed(info, offset);
    // A commit may have come since the store was asked.
    if (offset > feed.tail) throw aheadError(offset);
    return { reading, from: offset, checksum: offset === tail ? checksum : undefined, dropped: undefined };
  }
  const dropped = { count: first, checksum: firstChecksum };
  return { reading, from: first, checksum: first === tail ? checksum : undefined, dropped };
}
