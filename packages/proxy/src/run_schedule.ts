import type { Timer, Timers } from '@packetboat/core';
import type { ScheduleStep } from './parse_schedule.ts';
import type { AppliedFault, Proxy, ScheduleRun } from './proxy.ts';

/** Adds and removes faults at the times of the schedule. */
export function runSchedule(
  schedule: readonly ScheduleStep[],
  proxy: Pick<Proxy, 'add' | 'remove'>,
  timers: Timers,
): ScheduleRun {
  const pending = new Set<Timer>();
  const active = new Set<AppliedFault>();
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  // Whoever does not wait for the end does not want to hear of its failure either.
  done.catch(() => {});

  const after = (delayMs: number, act: () => void | Promise<void>) => {
    const timer = timers.after(delayMs, () => {
      pending.delete(timer);
      perform(act).catch(reject);
    });
    pending.add(timer);
  };
  const perform = async (act: () => void | Promise<void>) => {
    await act();
    if (pending.size === 0) resolve();
  };
  const begin = ({ fault, direction = 'both', forMs }: ScheduleStep) => {
    const applied = proxy.add(fault, { direction });
    active.add(applied);
    if (forMs !== undefined) after(forMs, () => end(applied));
  };
  const end = (applied: AppliedFault) => {
    active.delete(applied);
    return proxy.remove(applied);
  };

  for (const step of schedule) after(step.atMs, () => begin(step));
  if (schedule.length === 0) resolve();
  return {
    done,
    async stop() {
      for (const timer of pending) timer.cancel();
      pending.clear();
      await Promise.all([...active].map((applied) => proxy.remove(applied)));
      active.clear();
      resolve();
    },
  };
}
