import type { Crc32, Segment } from '@packetboat/core';
import type { Piece } from '../../fan_out/rendition.ts';
import { Body, type BodyOptions } from './body.ts';
import { storedParts } from './stored_parts.ts';

/** Places with gap records that one answer names: so many fit a header. A page ends before the next one. */
const gapsMax = 64;

/** The records of `segments` from offset `from` on, as the body of one answer. */
export function encodePage(segments: readonly Segment[], from: number, crc32: Crc32, options: BodyOptions): Piece {
  const body = new Body(options);
  let [end, checksum] = [from, segments[0]?.checksumBefore ?? 0];
  for (const part of storedParts(segments, from, crc32)) {
    if (part.batch.gap && body.gaps.length >= gapsMax) break;
    body.add(part);
    ({ end, checksum } = part);
  }
  return { base: from, end, checksum, bytes: body.finish(), gaps: body.gaps, notUtf8: false };
}
