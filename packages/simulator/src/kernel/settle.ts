import { scheduler } from 'node:timers/promises';

/** Lets every promise settle that can: the only place where a simulation touches the real event loop. */
export async function settle(): Promise<void> {
  await scheduler.yield();
}
