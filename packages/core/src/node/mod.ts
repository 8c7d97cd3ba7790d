/** The real ports on Node, and what is ours of its file system. The one place that reads its clock, timers and chance. Not for browsers. */
import { randomFillSync } from 'node:crypto';
import { clearTimeout, setTimeout } from 'node:timers';
import { crc32 } from 'node:zlib';
import { longTimers } from '../long_timers.ts';
import type { World } from '../ports.ts';

export { makeFolders } from './make_folders.ts';

/** Real time, real timers, real chance, and zlib's CRC-32. */
export const nodeWorld: World = Object.freeze({
  clock: { monotonicMs: () => performance.now(), wallNs },
  timers: longTimers(setTimeout, clearTimeout),
  random: {
    fraction: () => Math.random(),
    bytes: (length: number) => randomFillSync(new Uint8Array(length)),
  },
  crc32,
});

/** What the wall clock is ahead of the monotonic one. */
let wallAheadNs = 0n;

/** Node's wall clock has milliseconds only: the monotonic one counts on from it, until somebody sets the wall clock. */
function wallNs(): bigint {
  const monotonicNs = process.hrtime.bigint();
  const nowNs = monotonicNs + wallAheadNs;
  const wallMs = BigInt(Date.now());
  const differenceMs = nowNs / 1_000_000n - wallMs;
  if (differenceMs >= -1n && differenceMs <= 1n) return nowNs;
  wallAheadNs = wallMs * 1_000_000n - monotonicNs;
  return monotonicNs + wallAheadNs;
}
