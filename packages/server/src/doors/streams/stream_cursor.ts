import type { World } from '@packetboat/core';

/** Intervals are counted from 2024-10-09T00:00:00Z on, so that cursors of all servers agree. */
const epochNs = 1_728_432_000_000_000_000n;
const intervalNs = 20_000_000_000n;
const intervalSeconds = 20;
const jitterSecondsMax = 3_600;
/** What this server may have handed out; anything else says nothing. */
const cursorPattern = /^\d{1,15}$/;

/**
 * The cursor of a live answer (protocol section 10.1): the number of the current interval of 20 s, so that clients
 * which wait for the same data ask with the same URL. A client whose own cursor is not behind gets a later one, by
 * chance 1 to 3,600 s later, so that no cache answers it with the same empty answer for ever.
 *
 * @param client The `cursor` that the client sent.
 */
export function streamCursor({ clock, random }: Pick<World, 'clock' | 'random'>, client: string | undefined): string {
  const sinceNs = clock.wallNs() - epochNs;
  // A device that has lost its clock counts from the beginning.
  const current = sinceNs < 0n ? 0 : Number(sinceNs / intervalNs);
  const own = client !== undefined && cursorPattern.test(client) ? Number(client) : -1;
  if (own < current) return String(current);
  const jitterSeconds = 1 + Math.floor(random.fraction() * jitterSecondsMax);
  return String(own + Math.ceil(jitterSeconds / intervalSeconds));
}

/** The later of two cursors: along one answer they never go back. */
export function laterCursor(one: string, other: string): string {
  return Number(one) >= Number(other) ? one : other;
}
