import { isJson, type Log, PacketboatError, type ReadOutcome } from '@packetboat/core';
import { absenceError } from '../../broker/absence_error.ts';
import type { Broker } from '../../broker/broker.ts';
import { Body } from './body.ts';
import { checkLineage } from './offset_token.ts';
import { encodePage } from './page.ts';
import { answerPage } from './page_answer.ts';
import type { ReadQuery } from './read_query.ts';
import { streamCursor } from './stream_cursor.ts';
import { answerTrimmed } from './stream_gap.ts';
import type { StreamAnswer, StreamRequest } from './stream_request.ts';

/** What a read of a stream that exists comes to. */
type Found = Exclude<ReadOutcome, { readonly kind: 'notFound' | 'gone' | 'softDeleted' }>;

/** Answers with what is stored, at most one page of it (protocol section 5.6). */
export async function catchUp(broker: Broker, request: StreamRequest, query: ReadQuery): Promise<StreamAnswer> {
  if (query.from === 'now') return answerNow(broker, request, query);
  const { from, outcome } = await broker.reads.run(() => readFrom(broker, request, query));
  const { info } = outcome;
  if (typeof query.from === 'object') checkLineage(info, query.from);
  if (outcome.kind === 'trimmed') return answerTrimmed(info, from);
  if (outcome.kind === 'ahead') throw aheadError(from);
  const { range } = query;
  const page = encodePage(outcome.segments, from, broker.world.crc32, { json: isJson(info.contentType), range });
  const upToDate = page.end === info.tail;
  const checksum = upToDate ? info.checksum : page.checksum;
  const end = {
    offset: page.end,
    // What was picked by time does not follow on from anything: it has no running checksum.
    checksum: range === undefined ? checksum : undefined,
    upToDate,
    closed: upToDate && info.closed,
    cursor: streamCursor(broker.world, query.cursor),
  };
  // Whoever asked for no offset and gets the first record that is kept would have got earlier ones, for all we know.
  const isFirst = typeof query.from !== 'object' && from === info.first;
  const dropped = isFirst ? { count: info.first, checksum: info.firstChecksum } : undefined;
  return answerPage(request, { page, end, info, query, dropped });
}

/** The error for an offset that the stream has not reached. */
export function aheadError(offset: number): PacketboatError {
  return new PacketboatError('badRequest', `The stream has not reached offset ${offset}`);
}

/** The tail, and no records, whatever comes meanwhile (protocol section 8). */
async function answerNow(broker: Broker, request: StreamRequest, query: ReadQuery): Promise<StreamAnswer> {
  const info = await broker.store.log.info(request.stream);
  if (typeof info === 'string') throw absenceError(request.stream, info);
  const { tail, checksum, closed, contentType } = info;
  const page = { base: tail, gaps: [], bytes: new Body({ json: isJson(contentType) }).finish() };
  const cursor = streamCursor(broker.world, query.cursor);
  return answerPage(request, { page, end: { offset: tail, checksum, upToDate: true, closed, cursor }, info, query });
}

/** Reads from where the client asks to begin. */
async function readFrom(
  { store, limits }: Broker,
  { stream, signal }: StreamRequest,
  query: ReadQuery,
): Promise<{ readonly from: number; readonly outcome: Found }> {
  if (signal.aborted) throw new PacketboatError('aborted', 'The peer has left while it waited for its turn');
  let from = await beginning(store.log, stream, query);
  for (;;) {
    const outcome = await store.log.read(stream, from, limits.readBytesMax);
    if (!('info' in outcome)) throw absenceError(stream, outcome.kind);
    if (outcome.kind !== 'trimmed' || typeof query.from === 'object') return { from, outcome };
    // The start is what is kept. It is asked for once more only when retention has moved it meanwhile.
    from = outcome.info.first;
  }
}

async function beginning(log: Log, stream: string, { from, range }: ReadQuery): Promise<number> {
  if (typeof from === 'object') return from.offset;
  if (from !== undefined || range?.fromNs === undefined) return 0;
  const offset = await log.offsetAtTime(stream, range.fromNs);
  if (typeof offset === 'string') throw absenceError(stream, offset);
  return offset;
}
