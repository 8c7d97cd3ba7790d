import { absenceError } from '../../broker/absence_error.ts';
import { checksumText } from './checksum_text.ts';
import { lifetimeHeaders } from './lifetime_headers.ts';
import type { StreamVerb } from './stream_request.ts';
import { tailHeaders } from './tail_headers.ts';

/** HEAD (Durable Streams protocol, section 5.5): what is known of a stream. It does not count as reading: a TTL runs on. */
export const describe: StreamVerb = async (broker, { stream }) => {
  const info = await broker.store.log.info(stream);
  if (typeof info === 'string') throw absenceError(stream, info);
  const headers = {
    'Content-Type': info.contentType,
    ...tailHeaders(info),
    ...lifetimeHeaders(info.lifetime),
    'Stream-Checksum': checksumText(info.checksum),
    'Cache-Control': 'no-store',
  };
  return { status: 200, headers };
};
