import {
  type Batch,
  type Crc32,
  openBatches,
  PacketboatError,
  quoted,
  type Segment,
  storedLimits,
} from '@packetboat/core';

/** The records of one stored batch that a reader wants. */
export interface StoredPart {
  readonly batch: Batch;
  /** How many of its records lie before the reader's offset. */
  readonly skip: number;
  /** Offset after its last record, and the stream's running checksum there. */
  readonly end: number;
  readonly checksum: number;
}

/**
 * What segments hold from offset `from` on, batch by batch. This is the last hop that sees the CRCs, so they are
 * checked here (P5).
 *
 * @throws {PacketboatError} `damaged`
 */
export function* storedParts(segments: readonly Segment[], from: number, crc32: Crc32): Generator<StoredPart> {
  for (const segment of segments) {
    let [end, checksum] = [segment.base, segment.checksumBefore];
    for (const batch of openStored(segment, crc32)) {
      const base = end;
      end += batch.count;
      checksum = crc32(batch.payload, checksum);
      if (batch.count > 0 && end > from) yield { batch, skip: Math.max(0, from - base), end, checksum };
    }
    if (end !== segment.base + segment.count || checksum !== segment.checksumAfter) throw damaged(segment);
  }
}

function openStored(segment: Segment, crc32: Crc32): Batch[] {
  try {
    return openBatches(segment.bytes, crc32, storedLimits);
  } catch (error) {
    throw damaged(segment, error);
  }
}

function damaged({ stream, base }: Segment, cause?: unknown): PacketboatError {
  return new PacketboatError('damaged', `The records of ${quoted(stream)} at ${base} fail their checksum`, { cause });
}
