import type { ScheduleStep } from './parse_schedule.ts';

/** A schedule as `parseSchedule` reads it. */
export function formatSchedule(schedule: readonly ScheduleStep<object>[]): string {
  return schedule.map((step) => `${JSON.stringify('end' in step ? step : { ...step, ...step.fault })}\n`).join('');
}
