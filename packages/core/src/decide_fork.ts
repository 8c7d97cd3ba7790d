/**
 * The decisions about a fork (Durable Streams protocol, section 4.2), used by every engine. They are pure: outcomes
 * are values, and the caller applies them.
 */
import { openBatches } from './batch.ts';
import { isJson, mediaTypeOf } from './content_type.ts';
import { cutBatches } from './cut_batches.ts';
import { PacketboatError } from './errors.ts';
import type { Limits } from './limits.ts';
import { quoted } from './names.ts';
import type { Crc32 } from './ports.ts';
import type { Absence, CreateOptions, ForkPoint, ForkRefusal, StreamInfo } from './store.ts';

/** What the decision needs to know of the source. */
export interface ForkSource extends Pick<StreamInfo, 'contentType' | 'first' | 'tail'> {
  /** 0 for a stream that is no fork, one more for each fork. */
  readonly depth: number;
}

/** Why no fork is made. */
export interface ForkRefused {
  readonly kind: 'refused';
  readonly code: ForkRefusal;
  readonly message: string;
}

/**
 * Decides whether `source` may be forked at `point`, and which offset is meant.
 *
 * @param contentType What the fork is asked to hold.
 * @throws {PacketboatError} `limitReached`
 */
export function decideFork(
  source: ForkSource | Absence,
  point: ForkPoint,
  { contentType }: Pick<CreateOptions, 'contentType'>,
  { forkDepthMax }: Pick<Limits, 'forkDepthMax'>,
): { readonly kind: 'fork'; readonly point: Required<ForkPoint> } | ForkRefused {
  const name = quoted(point.stream);
  if (source === 'softDeleted') return refuse('forkSourceDeleted', `${name} was deleted; forks still read it`);
  if (typeof source === 'string') return refuse('forkSourceNotFound', `There is no stream ${name} to fork`);
  if (contentType !== undefined && mediaTypeOf(contentType) !== mediaTypeOf(source.contentType)) {
    return refuse('contentTypeMismatch', `${name} holds ${source.contentType}, not ${contentType}`);
  }
  const { offset = source.tail, subOffset = 0 } = point;
  if (offset < source.first || offset > source.tail || (subOffset > 0 && offset === source.tail)) {
    const where = subOffset === 0 ? offset : `${offset} and ${subOffset} more`;
    return refuse('forkOffsetInvalid', `${name} holds ${source.first} … ${source.tail}, which ${where} is not within`);
  }
  if (source.depth >= forkDepthMax) {
    throw new PacketboatError('limitReached', `${name} is a fork of forks already, forkDepthMax is ${forkDepthMax}`);
  }
  return { kind: 'fork', point: { stream: point.stream, offset, subOffset } };
}

/**
 * What a fork cannot share with its source: the batches between the last segment that it inherits whole and the point
 * where it leaves.
 *
 * @param segment The segment that holds the point or, at the tail of a closed source, closes it; if there is one.
 * @param batchLimits For the shape of stored batches.
 */
export function cutFork(
  segment: { readonly base: number; readonly bytes: Uint8Array } | undefined,
  point: Required<ForkPoint>,
  { contentType }: Pick<ForkSource, 'contentType'>,
  crc32: Crc32,
  batchLimits: Limits,
): readonly Uint8Array[] | ForkRefused {
  if (segment === undefined) return [];
  const { stream, offset, subOffset } = point;
  const batches = openBatches(segment.bytes, crc32, batchLimits);
  const unit = isJson(contentType) ? 'records' : 'bytes';
  const taken = cutBatches(batches, { records: offset - segment.base, subOffset, unit }, crc32);
  if (taken !== undefined) return taken;
  const message = `No append stored ${subOffset} ${unit} at offset ${offset} of ${quoted(stream)}`;
  return refuse('forkOffsetInvalid', message);
}

function refuse(code: ForkRefusal, message: string): ForkRefused {
  return { kind: 'refused', code, message };
}
