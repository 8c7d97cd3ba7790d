/**
 * The entity tag of records `from` … `end` (exclusive) of an incarnation (protocol sections 5.6 and 10.1). It is strong:
 * those bytes never change. What the header fields say of the end is part of it, so that a 304 hides no news: `t` at
 * the tail, `c` at the end of a closed stream.
 *
 * @param range Which times were asked for, when not all were.
 */
export function etagOf(
  incarnation: string,
  from: number,
  end: number,
  at: { readonly upToDate: boolean; readonly closed: boolean },
  range: string | undefined,
): string {
  const state = at.closed ? ':c' : at.upToDate ? ':t' : '';
  return `"${incarnation}:${from}:${end}${range === undefined ? '' : `:${range}`}${state}"`;
}

/** One entity tag, weak or strong (RFC 9110 section 8.8.3). */
const tagPattern = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether an `If-None-Match` field names `etag`, by the weak comparison of RFC 9110 section 13.1.2. */
export function matchesEtag(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  if (field.trim() === '*') return true;
  for (const [, tag] of field.matchAll(tagPattern)) if (tag === etag) return true;
  return false;
}
