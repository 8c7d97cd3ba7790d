import type { Limits, World } from '@packetboat/core';

/** How long to wait after `failures` in a row (1 or more): exponential, with a cap and full jitter. */
export function backoffMs(
  failures: number,
  { world, limits }: { readonly world: World; readonly limits: Pick<Limits, 'wakeRetryMs' | 'wakeRetryMsMax'> },
): number {
  const ceilingMs = Math.min(limits.wakeRetryMsMax, limits.wakeRetryMs * 2 ** (failures - 1));
  return world.random.fraction() * ceilingMs;
}
