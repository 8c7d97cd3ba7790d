/** Virtual time for what also waits for real disks and pipes. */
import type { VirtualWorld } from '@packetboat/core/testing';

/** Lets virtual time pass, second by second, until `promise` settles. */
export async function advanceUntil<T>(virtual: VirtualWorld, promise: Promise<T>): Promise<T> {
  const state = { settled: false };
  const end = (): void => {
    state.settled = true;
  };
  promise.then(end, end);
  while (!state.settled) await virtual.advance(1_000);
  return promise;
}
