import { mediaTypeOf, type StreamInfo } from '@packetboat/core';
import type { Piece } from '../../fan_out/rendition.ts';
import { checksumText } from './checksum_text.ts';
import { etagOf, matchesEtag } from './etag.ts';
import { encodeOffset } from './offset_token.ts';
import type { ReadQuery } from './read_query.ts';
import { type Dropped, gapHeaders } from './stream_gap.ts';
import type { StreamAnswer, StreamRequest } from './stream_request.ts';

/** Where an answer ends. */
export interface PageEnd {
  readonly offset: number;
  /** The stream's running checksum there, when it is known. */
  readonly checksum: number | undefined;
  readonly upToDate: boolean;
  /** Nothing will ever follow. */
  readonly closed: boolean;
  readonly cursor: string;
}

/** A page, and what is to be said of it. */
export interface PageAnswer {
  readonly page: Pick<Piece, 'base' | 'bytes' | 'gaps'>;
  readonly end: PageEnd;
  readonly info: Pick<StreamInfo, 'incarnation' | 'lineage' | 'contentType'>;
  readonly query: ReadQuery;
  /** What retention has dropped before it. */
  readonly dropped?: Dropped | undefined;
}

/** Header fields that say where an answer ends (protocol sections 5.6 and 5.7). */
export function endHeaders(info: Pick<StreamInfo, 'lineage'>, end: PageEnd): Record<string, string> {
  const { offset, checksum, upToDate, closed, cursor } = end;
  return {
    'Stream-Next-Offset': encodeOffset(info, offset),
    ...(checksum !== undefined && { 'Stream-Checksum': checksumText(checksum) }),
    ...(upToDate && { 'Stream-Up-To-Date': 'true' }),
    ...(closed ? { 'Stream-Closed': 'true' } : { 'Stream-Cursor': cursor }),
  };
}

/** Answers with a page: 200, or 304 when the client has it already (protocol sections 5.6 and 10.1). */
export function answerPage(request: StreamRequest, answer: PageAnswer): StreamAnswer {
  const { page, end, info, dropped } = answer;
  const etag = etagOfPage(answer);
  const headers = {
    'Cache-Control': cacheControl(answer),
    ...endHeaders(info, end),
    ...gapHeaders(dropped, page.gaps),
    ...(etag !== undefined && { ETag: etag }),
  };
  if (etag !== undefined && matchesEtag(request.header('if-none-match'), etag)) return { status: 304, headers };
  const content = {
    'Content-Type': info.contentType,
    // Opened in a browser, bytes are saved rather than shown (protocol section 12.7).
    ...(mediaTypeOf(info.contentType) === 'application/octet-stream' && { 'Content-Disposition': 'attachment' }),
  };
  return { status: 200, headers: { ...headers, ...content }, body: [page.bytes] };
}

/**
 * How long an answer may be kept. `private`: until there are accounts nobody can say whom a stream is for, so no
 * shared cache keeps it unless its operator decides so (P9; protocol section 10.1 knows both). A page before the tail
 * never changes; one at the tail is asked for again each time, which its entity tag makes cheap: a reader always sees
 * what was acknowledged before it asked.
 */
function cacheControl({ query, end }: PageAnswer): string {
  if (query.from === 'now') return 'no-store';
  return end.upToDate ? 'private, no-cache' : 'private, max-age=60, stale-while-revalidate=300';
}

/** None for an answer that begins wherever the tail was (protocol section 10.1). */
function etagOfPage({ page, end, info, query }: PageAnswer): string | undefined {
  const { from, range } = query;
  if (from === 'now') return undefined;
  const times = range === undefined ? undefined : `${range.fromNs ?? ''}-${range.toNs ?? ''}`;
  return etagOf(info.incarnation, page.base, end.offset, end, times);
}
