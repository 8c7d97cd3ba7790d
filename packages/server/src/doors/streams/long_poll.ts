import { isJson, type Segment } from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';
import type { Follower } from '../../fan_out/follower.ts';
import type { Piece } from '../../fan_out/rendition.ts';
import { catchUp } from './catch_up.ts';
import { openLive } from './open_live.ts';
import { encodePage } from './page.ts';
import { answerPage, endHeaders } from './page_answer.ts';
import type { ReadQuery } from './read_query.ts';
import { streamCursor } from './stream_cursor.ts';
import { gapHeaders } from './stream_gap.ts';
import type { StreamAnswer, StreamRequest } from './stream_request.ts';

/**
 * Answers with what follows an offset as soon as there is something, and without it after `longPollMs`, or when the
 * stream is closed or the server stops (protocol section 5.7).
 */
export async function longPoll(broker: Broker, request: StreamRequest, query: ReadQuery): Promise<StreamAnswer> {
  const { crc32 } = broker.world;
  const encode = (segments: readonly Segment[], from: number, contentType: string) => [
    encodePage(segments, from, crc32, { json: isJson(contentType) }),
  ];
  const beginning = await openLive(broker, request, query, { kind: 'longPoll', encode });
  if ('status' in beginning) return beginning;
  const { from, dropped } = beginning;
  using reading = beginning.reading;
  const { follower } = reading;
  const { info, feed } = follower;
  const page = await nextPage(broker, follower, from);
  // The stream was deleted or trimmed, or the server stops: told as to one who asks only now.
  if (page === undefined && (feed.deleted || from !== feed.tail)) return catchUp(broker, request, query);
  const cursor = streamCursor(broker.world, query.cursor);
  const offset = page?.end ?? from;
  const upToDate = offset === feed.tail;
  const closed = upToDate && feed.closed;
  const checksum = page === undefined ? beginning.checksum : page.checksum;
  const end = { offset, checksum, upToDate, closed, cursor };
  if (page !== undefined) return answerPage(request, { page, end, info, query, dropped });
  const headers = { 'Cache-Control': 'no-store', ...endHeaders(info, end), ...gapHeaders(dropped, []) };
  return { status: 204, headers };
}

/** Waits for what follows `from`; nothing when there is nothing to wait for any more. */
async function nextPage({ world, limits }: Broker, follower: Follower, from: number): Promise<Piece | undefined> {
  const { clock } = world;
  const { feed } = follower;
  const endMs = clock.monotonicMs() + limits.longPollMs;
  while (!follower.over && !feed.deleted && from >= feed.first) {
    if (from < feed.tail) {
      const [page] = await follower.pieces(from, limits.readBytesMax);
      if (page !== undefined) return page;
      continue;
    }
    const leftMs = endMs - clock.monotonicMs();
    if (feed.closed || leftMs <= 0) return undefined;
    await follower.wait(leftMs);
  }
  return undefined;
}
