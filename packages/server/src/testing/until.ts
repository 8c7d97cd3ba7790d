import { setImmediate } from 'node:timers/promises';

/** Lets the event loop turn until `condition` holds, for as long as the test may take. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

/** Lets the event loop turn `count` times: what is about to happen has happened then. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
