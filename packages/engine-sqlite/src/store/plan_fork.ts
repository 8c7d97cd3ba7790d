import {
  assert,
  type CreateOptions,
  cutFork,
  decideFork,
  type ForkPoint,
  type ForkRefused,
  openBatches,
  storedLimits,
  type Tx,
} from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { refuseLoss } from './refuse_loss.ts';
import { segmentAt } from './read_segments.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import type { SegmentHead, SegmentRow } from './segment_row.ts';
import { infoOf, lineageOf, pointAfter, type StreamPoint, type StreamRow } from './stream_row.ts';

/** What a fork begins with. Nothing of it is part of the draft yet. */
export interface ForkPlan {
  readonly source: StreamRow;
  readonly begun: Pick<StreamRow, 'lineage' | 'fork' | 'first' | 'tail'>;
  /** What it cannot share of its source's last segment: its own first one. */
  readonly own: { readonly head: SegmentHead; readonly batches: readonly Uint8Array[] } | undefined;
}

/**
 * Decides about a fork, and what it begins with: the segments of its source up to the last boundary before the point,
 * which it shares, and a copy of what stands between them and the point.
 *
 * @throws {PacketboatError} `damaged`, `limitReached`, `dataLossDetected`
 */
export function planFork(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  point: ForkPoint,
  options: CreateOptions,
): ForkPlan | ForkRefused {
  const { crc32, limits, tx } = draft.state.ports;
  const found = draft.find(point.stream);
  const source = typeof found === 'string' ? found : gatherer.flush(found);
  if (typeof source === 'object') refuseLoss(source);
  const known = typeof source === 'string' ? source : { ...infoOf(source), depth: ancestorsOf(source).length };
  const decision = decideFork(known, point, options, limits);
  if (decision.kind === 'refused') return decision;
  assert(typeof source === 'object', 'only a stream that is there can be forked');

  const { offset } = decision.point;
  const segment = segmentBehind(tx, source, offset);
  const last = segment && { base: segment.before.offset, bytes: segment.bytes };
  const batches = cutFork(last, decision.point, source, crc32, storedLimits);
  if ('kind' in batches) return batches;
  const shared = segment?.before ?? source.tail;
  const tail = batches
    .flatMap((bytes) => openBatches(bytes, crc32, storedLimits))
    .reduce((before: StreamPoint, batch) => pointAfter(before, batch, crc32), shared);
  const ancestors = [...ancestorsOf(source), { ...source, to: shared.offset }].map(({ stream, number, to }) => {
    return { stream, number, to: Math.min(to, shared.offset) };
  });
  return {
    source,
    begun: {
      lineage: lineageOf(source),
      fork: { point: decision.point, ancestors, from: tail.offset },
      first: source.first,
      tail,
    },
    own:
      segment === undefined || batches.length === 0
        ? undefined
        : { head: { before: shared, after: tail, close: false, storedNs: segment.storedNs }, batches },
  };
}

/** The segment that holds `offset` or, at the tail of a closed stream, closes it; if there is one. */
function segmentBehind(tx: Tx, source: StreamRow, offset: number): SegmentRow | undefined {
  const { first, tail, closed } = source;
  const isClosing = offset === tail.offset && closed && first.bytes < tail.bytes;
  return offset < tail.offset || isClosing ? segmentAt(tx, source, offset) : undefined;
}

function ancestorsOf({ fork }: StreamRow) {
  return fork?.ancestors ?? [];
}
