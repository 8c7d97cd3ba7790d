import {
  checkContentType,
  checkStreamName,
  type Durability,
  type MessageOf,
  type clientMessages,
  mediaTypeOf,
  PacketboatError,
  type Proof,
  quoted,
  type StreamInfo,
} from '@packetboat/core';
import { absenceError } from './absence_error.ts';
import type { Broker } from './broker.ts';
import type { EpochClaim } from './epoch_claims.ts';
import { checkNotReserved } from './reserved_names.ts';

/** A producer's place in a stream: the next batch carries `claim.epoch` and `sequence`. */
export interface OpenedProducer {
  readonly info: StreamInfo;
  readonly claim: EpochClaim;
  readonly sequence: number;
}

const encoder = new TextEncoder();
/** Weakest first (P1). */
const durabilities: readonly string[] = ['memory', 'replicated', 'disk'] satisfies Durability[];

/**
 * Decides where a producer goes on (P2): with an epoch after its last stored batch, without one in its next epoch.
 *
 * @throws {PacketboatError} when it may not produce; the stream is unchanged, or was created.
 */
export async function openProducer(
  broker: Broker,
  wish: MessageOf<typeof clientMessages.produce>,
): Promise<OpenedProducer> {
  const { limits, store } = broker;
  broker.checkReady();
  checkStreamName(wish.stream, limits.streamNameBytesMax);
  checkNotReserved(wish.stream);
  checkProducerId(wish.producer, limits.producerIdBytesMax);
  if (wish.contentType !== undefined) checkContentType(wish.contentType, limits.contentTypeCharactersMax);
  checkDurability(wish.durability, store.durability);
  if (wish.witness !== undefined) await checkWitness(broker, wish.witness as Proof);

  const info = await findOrCreate(broker, wish);
  if (wish.incarnation !== undefined && wish.incarnation !== info.incarnation) {
    const message = `Stream ${quoted(wish.stream)} is incarnation ${info.incarnation}, not ${quoted(wish.incarnation)}`;
    throw new PacketboatError('incarnationMismatch', message);
  }
  if (wish.contentType !== undefined && mediaTypeOf(wish.contentType) !== mediaTypeOf(info.contentType)) {
    const message = `Stream ${quoted(wish.stream)} holds ${quoted(info.contentType)}, not ${quoted(wish.contentType)}`;
    throw new PacketboatError('contentTypeMismatch', message);
  }
  if (info.loss !== undefined) {
    const message = `Stream ${quoted(wish.stream)} ended at ${info.loss.tail} and now ends at ${info.tail}`;
    throw new PacketboatError('dataLossDetected', message);
  }

  const known = await store.log.producer(wish.stream, wish.producer);
  if (wish.epoch !== undefined && known !== undefined && wish.epoch < known.epoch) {
    const message = `Epoch ${wish.epoch} of ${quoted(wish.producer)} was fenced by epoch ${known.epoch}`;
    throw new PacketboatError('staleEpoch', message);
  }
  const claim = broker.claims.claim(wish.stream, wish.producer, known?.epoch, wish.epoch);
  const sequence = known !== undefined && known.epoch === claim.epoch ? known.sequence + 1 : 0;
  if (Number.isSafeInteger(claim.epoch) && Number.isSafeInteger(sequence)) return { info, claim, sequence };
  claim.release();
  throw new PacketboatError('badRequest', `Producer ${quoted(wish.producer)} has used its last epoch or sequence`);
}

async function findOrCreate(broker: Broker, wish: MessageOf<typeof clientMessages.produce>): Promise<StreamInfo> {
  const { log } = broker.store;
  const info = await log.info(wish.stream);
  if (typeof info === 'object') return info;
  if (info !== 'notFound' || wish.create !== true) throw absenceError(wish.stream, info);
  const { contentType } = wish;
  const created = await log.create(wish.stream, contentType === undefined ? {} : { contentType });
  if (created.kind === 'refused') throw new PacketboatError(created.code, created.message);
  return created.info;
}

/** A client's receipt is a witness (F15): it shows a tail that has vanished, if it is ours. */
async function checkWitness(broker: Broker, proof: Proof): Promise<void> {
  const verdict = await broker.store.log.witness(proof);
  if (verdict === 'lost') {
    const message = `Stream ${quoted(proof.stream)} had ${proof.offset} records when this receipt was given`;
    throw new PacketboatError('dataLossDetected', message);
  }
  if (verdict === 'wrongStore') {
    throw new PacketboatError('wrongStore', `The receipt for ${quoted(proof.stream)} was not given by this store`);
  }
}

function checkProducerId(id: string, bytesMax: number): void {
  checkNotReserved(id);
  const bytes = encoder.encode(id).length;
  if (bytes >= 1 && bytes <= bytesMax && id.isWellFormed()) return;
  throw new PacketboatError('badName', `Producer id ${quoted(id)} is not 1 to ${bytesMax} bytes of text`);
}

function checkDurability(demanded: string | undefined, offered: Durability): void {
  if (demanded === undefined) return;
  const rank = durabilities.indexOf(demanded);
  if (rank === -1) throw new PacketboatError('badRequest', `There is no durability ${quoted(demanded)}`);
  if (rank > durabilities.indexOf(offered)) {
    throw new PacketboatError('durabilityUnavailable', `This store reaches ${offered}, not ${demanded}`);
  }
}
