import {
  type AppendOutcome,
  type AppendRequest,
  type Batch,
  checkContentType,
  PacketboatError,
  type ProducerPosition,
  quoted,
  type StreamInfo,
} from '@packetboat/core';
import { absenceError } from '../../broker/absence_error.ts';
import type { Broker } from '../../broker/broker.ts';
import { parseIdempotencyKey } from '../idempotency_key.ts';
import { checkSameAppend } from './check_same_append.ts';
import { closesStream } from './closes_stream.ts';
import { decodeOffset } from './offset_token.ts';
import { parseProducer } from './parse_producer.ts';
import { receiptHeader } from './receipt_header.ts';
import { sealBody } from './seal_body.ts';
import type { StreamAnswer, StreamRequest, StreamVerb } from './stream_request.ts';
import { tailHeaders } from './tail_headers.ts';

type Refused = AppendOutcome & { readonly kind: 'refused' };

/**
 * POST (Durable Streams protocol, sections 5.2 and 5.3): appends the body, closes the stream, or both in one step. What
 * a producer has sent before is acknowledged and not stored again, whatever its body is now (section 5.2.1).
 */
export const append: StreamVerb = async (broker, request) => appendAndAnswer(broker, await readAppend(broker, request));

async function appendAndAnswer(broker: Broker, toAppend: AppendRequest): Promise<StreamAnswer> {
  const outcome = await broker.append(toAppend);
  if (outcome.kind === 'refused') return await refuse(broker, toAppend, outcome);
  const { batch, stream } = toAppend;
  if (outcome.kind === 'duplicate') {
    // What a producer numbers is known by its numbers alone, what has a key by all that it says.
    if (toAppend.key !== undefined) await checkSameAppend(broker, toAppend, outcome);
    const answer = await acknowledgeAgain(broker, stream, batch.producer);
    return { ...answer, headers: { ...answer.headers, 'Stream-Receipt': receiptHeader(outcome.proof) } };
  }
  const headers = {
    ...tailHeaders({ lineage: outcome.lineage, tail: outcome.offset + batch.count, closed: batch.close }),
    ...(batch.producer !== undefined && producerHeaders(batch.producer)),
    'Stream-Receipt': receiptHeader(outcome.proof),
  };
  // A producer's new records are told from its repeated ones by the status.
  return { status: batch.producer !== undefined && batch.count > 0 ? 200 : 204, headers };
}

async function readAppend(broker: Broker, request: StreamRequest): Promise<AppendRequest> {
  const { limits } = broker;
  const { stream, body } = request;
  const close = closesStream(request);
  const producer = parseProducer(
    {
      id: request.header('producer-id'),
      epoch: request.header('producer-epoch'),
      sequence: request.header('producer-seq'),
    },
    limits.producerIdBytesMax,
  );
  const streamSeq = request.header('stream-seq');
  if (streamSeq !== undefined) checkStreamSeq(streamSeq, limits.keyCharactersMax);
  const keyField = request.header('idempotency-key');
  const key = keyField === undefined ? undefined : parseIdempotencyKey(keyField, limits.keyCharactersMax);
  if (key !== undefined && producer !== undefined) {
    throw new PacketboatError('badRequest', 'An append has an Idempotency-Key or the numbers of a producer, not both');
  }
  const batch = sealRecords(broker, request, close, producer);
  return {
    stream,
    batch,
    // Without records the type does not matter: libraries attach one to an empty body as well.
    contentType: body.length === 0 ? undefined : request.header('content-type'),
    streamSeq,
    ...(key !== undefined && { key: `http/${key}`, keyMs: limits.idempotencyKeyMs }),
    ...(await readExpectedOffset(broker, request)),
  };
}

function sealRecords(
  broker: Broker,
  request: StreamRequest,
  close: boolean,
  producer: ProducerPosition | undefined,
): Batch {
  const { body } = request;
  const contentType = request.header('content-type') ?? '';
  if (body.length > 0) checkContentType(contentType, broker.limits.contentTypeCharactersMax);
  const batch = sealBody(broker, { body, contentType, close, producer });
  // An empty array is refused even when it closes: whoever sends one has made a mistake (section 9.1.3).
  if (batch !== undefined && (batch.count > 0 || body.length === 0)) return batch;
  throw new PacketboatError('badRequest', 'The body holds no record, and only an empty body may close');
}

/** Compare-and-append: holds for the stream as it is now, not for another one made under its name meanwhile. */
async function readExpectedOffset(
  { store }: Broker,
  request: StreamRequest,
): Promise<Pick<AppendRequest, 'incarnation' | 'expectedOffset'>> {
  const token = request.header('stream-expected-offset');
  if (token === undefined) return {};
  const info = await store.log.info(request.stream);
  if (typeof info === 'string') throw absenceError(request.stream, info);
  return { incarnation: info.incarnation, expectedOffset: decodeOffset(info, token) };
}

function checkStreamSeq(text: string, charactersMax: number): void {
  if (text.length > 0 && text.length <= charactersMax) return;
  throw new PacketboatError('badRequest', `Stream-Seq ${quoted(text)} is not 1 to ${charactersMax} characters long`);
}

async function refuse(broker: Broker, toAppend: AppendRequest, refused: Refused): Promise<StreamAnswer> {
  const { stream, batch } = toAppend;
  const { producer } = batch;
  // The protocol knows a producer's batch by its numbers alone.
  if (refused.code === 'sequenceReused') return await acknowledgeAgain(broker, stream, producer);
  const error = new PacketboatError(refused.code, refused.message);
  switch (refused.code) {
    case 'closed':
      // Closing is idempotent unless a producer numbers it (section 5.2).
      if (batch.count === 0 && producer === undefined) return await acknowledgeAgain(broker, stream, undefined);
      return refusal(error, tailHeaders(await infoOf(broker, stream)));
    case 'offsetConflict':
      return refusal(error, tailHeaders(await infoOf(broker, stream)));
    case 'staleEpoch':
    case 'epochStart':
    case 'sequenceGap':
      if (producer === undefined) throw error;
      return await refuseProducer(broker, toAppend, producer, error);
    default:
      throw error;
  }
}

/**
 * A producer's requests overtake one another on their way. What the stream remembers of it is looked up behind the refusal:
 * where those before this one have come meanwhile, or a newer life, the append is decided once more.
 */
async function refuseProducer(
  broker: Broker,
  toAppend: AppendRequest,
  { id, epoch, sequence }: ProducerPosition,
  error: PacketboatError,
): Promise<StreamAnswer> {
  const known = await broker.store.log.producer(toAppend.stream, id);
  if (error.code === 'staleEpoch') return refusal(error, { 'Producer-Epoch': String(known?.epoch ?? 0) });
  if (known !== undefined && known.epoch < epoch) throw error;
  const expected = known === undefined ? 0 : known.sequence + 1;
  if (sequence <= expected || (known !== undefined && known.epoch > epoch))
    return await appendAndAnswer(broker, toAppend);
  return refusal(new PacketboatError('sequenceGap', error.message), {
    'Producer-Expected-Seq': String(expected),
    'Producer-Received-Seq': String(sequence),
  });
}

/** 204: it is stored already, or closed already. */
async function acknowledgeAgain(
  broker: Broker,
  stream: string,
  producer: ProducerPosition | undefined,
): Promise<StreamAnswer> {
  const info = await infoOf(broker, stream);
  // The highest sequence that was accepted, not the repeated one (section 5.2.1).
  const known = producer === undefined ? undefined : await broker.store.log.producer(stream, producer.id);
  return { status: 204, headers: { ...tailHeaders(info), ...(known !== undefined && producerHeaders(known)) } };
}

async function infoOf({ store }: Broker, stream: string): Promise<StreamInfo> {
  const info = await store.log.info(stream);
  if (typeof info === 'string') throw absenceError(stream, info);
  return info;
}

function producerHeaders({ epoch, sequence }: Pick<ProducerPosition, 'epoch' | 'sequence'>): Record<string, string> {
  return { 'Producer-Epoch': String(epoch), 'Producer-Seq': String(sequence) };
}

function refusal(error: PacketboatError, headers: Readonly<Record<string, string>>): StreamAnswer {
  return { status: error.row.status, headers, error };
}
