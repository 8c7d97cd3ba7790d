import { PacketboatError } from '@packetboat/core';
import type { Direction } from './fault_kind.ts';
import { checkFault, type Fault, shown } from './fault_table.ts';

/** One line of a schedule: a fault, when it begins and for how long it lasts. */
export interface ScheduleStep {
  /** Milliseconds from the start of the schedule. */
  readonly atMs: number;
  /** @default until the schedule is stopped */
  readonly forMs?: number;
  /** @default 'both' */
  readonly direction?: Direction;
  readonly fault: Fault;
}

/** Steps of one schedule: more is a mistake, or a program. */
const stepsMax = 10_000;
/** Thirty days. */
const timeMsMax = 2_592_000_000;

/**
 * Reads a schedule: a JSON array such as
 * `[{"atMs": 3000, "forMs": 10000, "fault": "delay", "direction": "up", "latencyMs": 200}]`.
 *
 * @throws {PacketboatError} `badRequest`, naming the step and quoting the bad value.
 */
export function parseSchedule(text: string): ScheduleStep[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PacketboatError('badRequest', `Bad schedule: it is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(value)) throw bad('it is not an array of steps');
  if (value.length > stepsMax) throw bad(`${value.length} steps are over the limit of ${stepsMax}`);
  return value.map((step: unknown, index) => checkStep(step, `step ${index + 1}`));
}

function checkStep(step: unknown, where: string): ScheduleStep {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) throw bad(`${where} is no object`);
  const { atMs, forMs, direction, ...fault } = step as Record<string, unknown>;
  if (forMs !== undefined && fault['fault'] === 'cut') throw bad(`${where}: a cut is over at once and takes no forMs`);
  return {
    atMs: checkTime(atMs, `${where}: atMs`),
    ...(forMs === undefined ? {} : { forMs: checkTime(forMs, `${where}: forMs`) }),
    ...(direction === undefined ? {} : { direction: checkDirection(direction, where) }),
    fault: checkFault(fault, where),
  };
}

function checkTime(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= timeMsMax) return value as number;
  throw bad(`${where} is ${shown(value)}, not an integer in 0 … ${timeMsMax}`);
}

function checkDirection(value: unknown, where: string): Direction {
  if (value === 'up' || value === 'down' || value === 'both') return value;
  throw bad(`${where}: direction is ${shown(value)}, not up, down or both`);
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badRequest', `Bad schedule: ${why}`);
}
