/** The real ports on Node: the one place that reads its clock, timers and chance. Not for browsers. */
import { randomFillSync } from 'node:crypto';
import { setTimeout } from 'node:timers';
import { crc32 } from 'node:zlib';
import type { World } from '../ports.ts';

/** Real time, real timers, real chance, and zlib's CRC-32. */
export const nodeWorld: World = Object.freeze({
  clock: {
    monotonicMs: () => performance.now(),
    wallNs: () => wallStartNs + (process.hrtime.bigint() - monotonicStartNs) + wallDriftNs(),
  },
  timers: {
    after(delayMs: number, run: () => void) {
      const timer = setTimeout(run, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
  },
  random: {
    fraction: () => Math.random(),
    bytes: (length: number) => randomFillSync(new Uint8Array(length)),
  },
  crc32,
});

const wallStartNs = BigInt(Date.now()) * 1_000_000n;
const monotonicStartNs = process.hrtime.bigint();

/** Follows steps of the wall clock: whole milliseconds by which it left the monotonic one. */
function wallDriftNs(): bigint {
  const expectedNs = wallStartNs + (process.hrtime.bigint() - monotonicStartNs);
  const driftMs = BigInt(Date.now()) - expectedNs / 1_000_000n;
  return driftMs > 1n || driftMs < -1n ? driftMs * 1_000_000n : 0n;
}
