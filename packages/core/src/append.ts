/**
 * The one decision about an append, used by every engine and by the simulator (DESIGN section 3, rule 2).
 * It is pure: outcomes are values, and the caller applies them.
 */
import type { ProducerPosition } from './batch.ts';
import { mediaTypeOf } from './content_type.ts';
import type { Limits } from './limits.ts';
import { compareNames } from './names.ts';
import type { Absence } from './store.ts';

/** A batch of a producer whose original offset is still remembered. */
export interface RecentBatch {
  readonly sequence: number;
  readonly crc: number;
  /** Offset of its first record. */
  readonly offset: number;
  /** Number of its records. */
  readonly count: number;
}

/** What a stream remembers of one producer: the fold of that producer's batch headers. */
export interface ProducerState {
  readonly epoch: number;
  /** The last sequence stored in this epoch. */
  readonly sequence: number;
  /** The newest batches of this epoch, oldest first, at most `recentBatchesMax`. */
  readonly recent: readonly RecentBatch[];
}

/** What the decision needs to know of a stream that exists. */
export interface StreamState {
  /** Changes when the name is created again. */
  readonly incarnation: string;
  /** Offset the next record gets. */
  readonly tail: number;
  readonly closed: boolean;
  readonly contentType: string;
  /** The last `Stream-Seq` of the HTTP door. */
  readonly streamSeq: string | undefined;
  /** Producers remembered. */
  readonly producerCount: number;
}

/** An append, reduced to what decides about it. */
export interface AppendQuestion {
  /** The incarnation the writer believes in. */
  readonly incarnation?: string | undefined;
  readonly producer?: ProducerPosition | undefined;
  /** CRC of the batch that its writer sent before this one in the same epoch. */
  readonly afterCrc?: number | undefined;
  readonly crc: number;
  /** Number of records; 0 only together with `close`. */
  readonly count: number;
  readonly close: boolean;
  readonly contentType?: string | undefined;
  readonly streamSeq?: string | undefined;
  /** The offset the first record must get (compare-and-append). */
  readonly expectedOffset?: number | undefined;
}

/** Why an append is refused. Each is an error code of the same name. */
export type AppendRefusal =
  | 'staleEpoch'
  | 'epochStart'
  | 'sequenceGap'
  | 'sequenceReused'
  | 'streamSeqRegressed'
  | 'offsetConflict'
  | 'incarnationMismatch'
  | 'closed'
  | 'contentTypeMismatch'
  | 'producerLimit'
  | 'notFound'
  | 'gone'
  | 'softDeleted';

/** What is to be done with an append. */
export type AppendDecision =
  | { readonly kind: 'appended'; readonly offset: number; readonly producer: ProducerState | undefined }
  | {
      readonly kind: 'duplicate';
      /** Offset of its first record, while it is among the recent batches. */
      readonly offset: number | undefined;
    }
  | { readonly kind: 'refused'; readonly code: AppendRefusal; readonly message: string };

/**
 * Decides about one append, in the order incarnation, epoch, duplicate, closed, content type, sequence.
 *
 * @param stream The stream, or why there is none.
 * @param producer What the stream remembers of the question's producer, if anything.
 * @param keyOffset Offset under which the question's idempotency key was stored before, if it was (rule 4).
 */
export function decideAppend(
  stream: StreamState | Absence,
  producer: ProducerState | undefined,
  question: AppendQuestion,
  limits: Pick<Limits, 'recentBatchesMax' | 'producersPerStreamMax'>,
  keyOffset?: number,
): AppendDecision {
  if (stream === 'notFound') return refuse('notFound', 'There is no such stream');
  if (stream === 'gone') return refuse('gone', 'The stream was deleted');
  if (stream === 'softDeleted') return refuse('softDeleted', 'The stream was deleted; forks still read it');
  if (question.incarnation !== undefined && question.incarnation !== stream.incarnation) {
    return refuse(
      'incarnationMismatch',
      `The stream is incarnation ${stream.incarnation}, not ${question.incarnation}`,
    );
  }
  if (keyOffset !== undefined) return { kind: 'duplicate', offset: keyOffset };

  const position = question.producer;
  const known = position === undefined ? undefined : producer;
  if (position !== undefined && known !== undefined) {
    if (position.epoch < known.epoch) {
      return refuse('staleEpoch', `Epoch ${position.epoch} of ${position.id} was fenced by epoch ${known.epoch}`);
    }
    if (position.epoch === known.epoch && position.sequence <= known.sequence) {
      return decideRepeat(known, position, question);
    }
  }

  if (stream.closed) return refuse('closed', 'The stream is closed');
  if (question.contentType !== undefined && mediaTypeOf(question.contentType) !== mediaTypeOf(stream.contentType)) {
    return refuse('contentTypeMismatch', `The stream holds ${stream.contentType}, not ${question.contentType}`);
  }
  if (position !== undefined) {
    const expected = known !== undefined && known.epoch === position.epoch ? known.sequence + 1 : 0;
    if (position.sequence !== expected) {
      return expected === 0
        ? refuse(
            'epochStart',
            `Epoch ${position.epoch} of ${position.id} begins with sequence 0, not ${position.sequence}`,
          )
        : refuse('sequenceGap', `Sequence ${position.sequence} of ${position.id} came where ${expected} was next`);
    }
    // Two lives that were given one epoch: what is behind the first's batch must not follow the second's (P3).
    if (expected > 0 && question.afterCrc !== undefined && known?.recent.at(-1)?.crc !== question.afterCrc) {
      return refuse('sequenceReused', `Sequence ${expected - 1} of ${position.id} was another batch`);
    }
    if (known === undefined && stream.producerCount >= limits.producersPerStreamMax) {
      return refuse('producerLimit', `The stream remembers ${stream.producerCount} producers and takes no new one`);
    }
  }
  // By bytes, as the Durable Streams protocol wants in section 5.2: UTF-16 would order some characters otherwise.
  const [before, next] = [stream.streamSeq, question.streamSeq];
  if (before !== undefined && next !== undefined && compareNames(next, before) <= 0) {
    return refuse('streamSeqRegressed', `Stream-Seq ${next} does not follow ${before}`);
  }
  if (question.expectedOffset !== undefined && question.expectedOffset !== stream.tail) {
    return refuse('offsetConflict', `The stream ends at ${stream.tail}, not at ${question.expectedOffset}`);
  }
  return {
    kind: 'appended',
    offset: stream.tail,
    producer:
      position === undefined
        ? undefined
        : foldProducer(known, position, { crc: question.crc, offset: stream.tail, count: question.count }, limits),
  };
}

/** A producer's state after one more of its batches: how decisions and start-up's fold agree (rule 3). */
export function foldProducer(
  before: ProducerState | undefined,
  position: ProducerPosition,
  stored: Omit<RecentBatch, 'sequence'>,
  limits: Pick<Limits, 'recentBatchesMax'>,
): ProducerState {
  const kept = before !== undefined && before.epoch === position.epoch ? before.recent : [];
  const recent = [...kept, { sequence: position.sequence, ...stored }];
  return { epoch: position.epoch, sequence: position.sequence, recent: recent.slice(-limits.recentBatchesMax) };
}

function decideRepeat(known: ProducerState, position: ProducerPosition, question: AppendQuestion): AppendDecision {
  const first = known.recent.find((batch) => batch.sequence === position.sequence);
  if (first !== undefined && first.crc !== question.crc) {
    return refuse('sequenceReused', `Sequence ${position.sequence} of ${position.id} was another batch`);
  }
  return { kind: 'duplicate', offset: first?.offset };
}

function refuse(code: AppendRefusal, message: string): AppendDecision {
  return { kind: 'refused', code, message };
}
