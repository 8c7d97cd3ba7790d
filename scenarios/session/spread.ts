/** How evenly a fleet came back. */
export interface Spread {
  readonly count: number;
  /** From the moment when it could come back until the last one had. */
  readonly lastMs: number;
  /** How many came in the busiest of the intervals of 100 ms since then. */
  readonly busiest: number;
  /** How many came in such an interval on average, up to the one in which the last one came. */
  readonly mean: number;
}

const intervalMs = 100;

/** @param sinceMs When they could come back: what came before does not count. */
export function spreadOf(timesMs: readonly number[], sinceMs: number): Spread {
  const counts: number[] = [];
  let count = 0;
  let lastMs = 0;
  for (const timeMs of timesMs) {
    if (timeMs < sinceMs) continue;
    count += 1;
    lastMs = Math.max(lastMs, timeMs - sinceMs);
    const interval = Math.trunc((timeMs - sinceMs) / intervalMs);
    counts[interval] = (counts[interval] ?? 0) + 1;
  }
  const busiest = counts.reduce((most, each) => Math.max(most, each), 0);
  return { count, lastMs, busiest, mean: counts.length === 0 ? 0 : count / counts.length };
}
