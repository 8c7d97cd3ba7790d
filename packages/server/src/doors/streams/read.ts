import { catchUp } from './catch_up.ts';
import { longPoll } from './long_poll.ts';
import { parseReadQuery } from './read_query.ts';
import { serverSentEvents } from './server_sent_events.ts';
import type { StreamVerb } from './stream_request.ts';

/**
 * GET (Durable Streams protocol, sections 5.6 to 5.8): reads a stream from an offset on. It counts as reading when it
 * begins, however long it lasts: a TTL starts anew (section 5.1).
 */
export const read: StreamVerb = async (broker, request) => {
  const query = parseReadQuery(request.query);
  broker.store.log.touch(request.stream);
  switch (query.live) {
    case 'long-poll':
      return longPoll(broker, request, query);
    case 'sse':
      return serverSentEvents(broker, request, query);
    default:
      return catchUp(broker, request, query);
  }
};
