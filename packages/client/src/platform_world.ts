import { type Crc32, crc32, longTimers, type World } from '@packetboat/core';

/** Node's own CRC-32 is ten times as fast as ours. */
interface MaybeNode {
  readonly process?: { getBuiltinModule?(name: 'node:zlib'): { readonly crc32?: Crc32 } | undefined };
}

const nodeCrc32 = (globalThis as unknown as MaybeNode).process?.getBuiltinModule?.('node:zlib')?.crc32;

/**
 * The real world of whatever platform runs this: browser, Node, and their like. This file is the only one of
 * the SDK that reads a clock, sets a timer or takes a chance; everything else is given a `World`.
 */
export const platformWorld: World = Object.freeze({
  clock: { monotonicMs: () => performance.now(), wallNs },
  timers: longTimers(setTimeout, clearTimeout),
  random: {
    fraction: () => Math.random(),
    bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  },
  crc32: nodeCrc32 ?? crc32,
});

/** Steps of the wall clock larger than this are followed; smaller ones are the coarseness of `Date.now`. */
const stepMs = 2;
let wallStartMs = Date.now() - performance.now();

/** The wall clock in microseconds, by the finer monotonic clock, following the wall clock when somebody sets it. */
function wallNs(): bigint {
  const elapsedMs = performance.now();
  const nowMs = Date.now();
  if (Math.abs(wallStartMs + elapsedMs - nowMs) > stepMs) wallStartMs = nowMs - elapsedMs;
  return BigInt(Math.round((wallStartMs + elapsedMs) * 1_000)) * 1_000n;
}
