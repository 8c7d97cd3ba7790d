import { PacketboatError, quoted } from '@packetboat/core';
import { type OffsetToken, parseOffset } from './offset_token.ts';
import { parseRfc3339 } from './rfc3339.ts';

/** Records whose own time lies in [from, to), in nanoseconds since the Unix epoch. */
export interface TimeRange {
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
}

/** What a GET asks for (protocol sections 5.6 to 5.8). */
export interface ReadQuery {
  /** `start` is the first record that is kept, `now` the tail. Absent: not said. */
  readonly from: 'start' | 'now' | OffsetToken | undefined;
  readonly live: 'long-poll' | 'sse' | undefined;
  /** The `Stream-Cursor` of the answer before. */
  readonly cursor: string | undefined;
  readonly range: TimeRange | undefined;
}

/**
 * Reads the parameters of a GET; those of others are not looked at.
 *
 * @throws {PacketboatError} `badRequest`
 */
export function parseReadQuery(query: URLSearchParams): ReadQuery {
  const from = parseFrom(single(query, 'offset'));
  const live = parseLive(single(query, 'live'));
  const range = parseRange(single(query, 'from-time'), single(query, 'to-time'));
  if (live !== undefined && from === undefined) {
    throw new PacketboatError('badRequest', `live=${live} needs an offset`);
  }
  if (live !== undefined && range !== undefined) {
    throw new PacketboatError('badRequest', 'Reads by time are not live: leave out live, or from-time and to-time');
  }
  return { from, live, cursor: single(query, 'cursor'), range };
}

/** A parameter that stands there at most once: who reads the first and who the last would read different streams. */
function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw new PacketboatError('badRequest', `The parameter ${name} was given more than once`);
  return value;
}

function parseFrom(text: string | undefined): ReadQuery['from'] {
  if (text === undefined || text === 'now') return text;
  const token = parseOffset(text);
  return token.lineage === undefined ? 'start' : token;
}

function parseLive(text: string | undefined): ReadQuery['live'] {
  if (text === undefined || text === 'long-poll' || text === 'sse') return text;
  throw new PacketboatError('badRequest', `live is ${quoted(text)}, not long-poll or sse`);
}

function parseRange(from: string | undefined, to: string | undefined): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { fromNs: parseTime('from-time', from), toNs: parseTime('to-time', to) };
}

function parseTime(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^-?\d{1,19}$/.test(text)) return BigInt(text);
  // A plus sign that was not encoded arrives as a space.
  const timeNs = parseRfc3339(text.replace(' ', '+'));
  if (timeNs !== undefined) return timeNs;
  throw new PacketboatError('badRequest', `${name} is ${quoted(text)}, neither RFC 3339 nor nanoseconds`);
}
