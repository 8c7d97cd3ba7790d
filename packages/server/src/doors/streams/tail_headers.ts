import type { StreamInfo } from '@packetboat/core';
import { encodeOffset } from './offset_token.ts';

/** Where a stream ends, and whether for good (Durable Streams protocol, sections 4.1 and 8). */
export function tailHeaders(info: Pick<StreamInfo, 'lineage' | 'tail' | 'closed'>): Record<string, string> {
  return {
    'Stream-Next-Offset': encodeOffset(info, info.tail),
    ...(info.closed && { 'Stream-Closed': 'true' }),
  };
}
