/**
 * A schedule that neither drifts nor bursts (S0.4, trap T6): tick k is due at start + k × interval of the
 * monotonic clock, however long earlier ticks took. Ticks that were missed (a slow source, a suspended laptop)
 * are skipped and counted, never made up for: a sample is worth something only at its own time.
 */
import { PacketboatError, type World } from '@packetboat/core';
import { pause } from './pause.ts';

/** One moment to take a sample. */
export interface Tick {
  /** 1 for the first, which comes one interval after the start. */
  readonly index: number;
  /** Ticks missed just before this one. */
  readonly skipped: number;
}

/** Yields a tick at each interval until `signal` aborts. */
export async function* schedule(
  world: Pick<World, 'clock' | 'timers'>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<Tick> {
  if (!(intervalMs > 0 && Number.isFinite(intervalMs))) {
    throw new PacketboatError('badRequest', `Bad interval ${intervalMs}: it must be over 0 ms`);
  }
  const startMs = world.clock.monotonicMs();
  let index = 0;
  while (!signal.aborted) {
    const passed = Math.floor((world.clock.monotonicMs() - startMs) / intervalMs);
    if (passed > index) {
      yield { index: passed, skipped: passed - index - 1 };
      index = passed;
    } else {
      const dueMs = startMs + (index + 1) * intervalMs;
      await pause(world.timers, Math.max(0, dueMs - world.clock.monotonicMs()), signal);
    }
  }
}
