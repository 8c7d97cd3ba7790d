import { PacketboatError, quoted, type StreamInfo } from '@packetboat/core';
import type { GapPlace } from '../../fan_out/rendition.ts';
import { checksumText } from './checksum_text.ts';
import { encodeOffset } from './offset_token.ts';
import type { StreamAnswer } from './stream_request.ts';

/** Records that retention has dropped from where a reader asked to begin. */
export interface Dropped {
  readonly count: number;
  /** The stream's running checksum after them. */
  readonly checksum: number;
}

/**
 * What a reader does not get, or gets in the place of records (P6), as the field `Stream-Gap`: a list (RFC 9651) of
 *
 * - `retention;count=5;checksum="0a1b2c3d"`: so many records from where it asked to begin were dropped, and the
 *   stream's running checksum after them, on which the body continues;
 * - `recorded;at=120;bytes=57`: these bytes of the body are gap records, JSON of what was lost before it came here.
 */
export function gapHeaders(dropped: Dropped | undefined, recorded: readonly GapPlace[]): Record<string, string> {
  const items = recorded.map(({ at, bytes }) => `recorded;at=${at};bytes=${bytes}`);
  if (dropped !== undefined && dropped.count > 0) {
    items.unshift(`retention;count=${dropped.count};checksum="${checksumText(dropped.checksum)}"`);
  }
  return items.length === 0 ? {} : { 'Stream-Gap': items.join(', ') };
}

/**
 * The answer to a reader who wants records from offset `from` that are not kept any more (protocol section 5.6): how
 * many are gone, and where it may go on.
 */
export function answerTrimmed(info: StreamInfo, from: number): StreamAnswer {
  const next = encodeOffset(info, info.first);
  const dropped = { count: info.first - from, checksum: info.firstChecksum };
  const message = `${dropped.count} records of ${quoted(info.stream)} are not kept any more; go on from offset ${next}`;
  const error = new PacketboatError('trimmed', message);
  const headers = { 'Stream-Next-Offset': next, ...gapHeaders(dropped, []) };
  return { status: error.row.status, headers, error };
}
