import type { Broker } from '../../broker/broker.ts';
import { encodeEvents, isTextual } from './encode_events.ts';
import { EventStream } from './event_stream.ts';
import { openLive } from './open_live.ts';
import type { ReadQuery } from './read_query.ts';
import { gapHeaders } from './stream_gap.ts';
import type { StreamAnswer, StreamRequest } from './stream_request.ts';

/** Answers with an event stream (protocol section 5.8). */
export async function serverSentEvents(
  broker: Broker,
  request: StreamRequest,
  query: ReadQuery,
): Promise<StreamAnswer> {
  const { crc32 } = broker.world;
  const beginning = await openLive(broker, request, query, {
    kind: 'sse',
    encode: (segments, from, contentType) => encodeEvents(segments, from, crc32, contentType),
  });
  if ('status' in beginning) return beginning;
  const { contentType } = beginning.reading.follower.info;
  const headers = {
    'Content-Type': 'text/event-stream',
    // Nobody keeps it, compresses it or holds it back.
    'Cache-Control': 'no-cache, no-store, no-transform',
    'X-Accel-Buffering': 'no',
    ...(!isTextual(contentType) && { 'Stream-SSE-Data-Encoding': 'base64' }),
    ...gapHeaders(beginning.dropped, []),
  };
  return { status: 200, headers, body: new EventStream(broker, beginning, query.cursor) };
}
