import { PacketboatError, quoted } from '@packetboat/core';
import { checkPlace, type FaultPlace } from './applied_fault.ts';
import { checkFault, checkInteger, faultRule, type FaultRules, shown } from './check_fault.ts';
import type { Fault } from './fault_table.ts';
import { sessionSights } from './session_watcher.ts';

/** When a step is done: at a time, or when something is about to happen. */
type When =
  | {
      /** Milliseconds from the start of the schedule. */
      readonly atMs: number;
    }
  | {
      /** What is about to happen: one of {@linkcode sightNames}. */
      readonly on: string;
      /** The how many-th time, on the connections that the step names. @default 1 */
      readonly nth?: number;
    };

/** A step that begins a fault. */
interface Begin<F> extends Omit<FaultPlace, 'connections'> {
  readonly fault: F;
  /** `this` is the one on which it happened. @default all */
  readonly connections?: FaultPlace['connections'] | 'this';
  /** @default until the schedule is stopped */
  readonly forMs?: number;
  /** What it is called, so that a later step can end it. @default the fault and a number */
  readonly name?: string;
}

/** A step that ends the fault of that name, if it acts. */
interface End {
  readonly end: string;
}

/** One line of a schedule; in the line, the fault's name and options stand beside the rest. */
export type ScheduleStep<F = Fault> = When & (Begin<F> | End);

/** What a step can wait for. */
export const sightNames: readonly string[] = ['connected', 'disconnected', ...sessionSights];

/** Steps of one schedule: more is a mistake, or a program. */
const stepsMax = 10_000;
/** Thirty days. */
const timeMsMax = 2_592_000_000;
const nameLengthMax = 128;

/**
 * Reads a schedule: one step a line, as a JSON object. Empty lines and lines that begin with `#` say nothing.
 *
 * @param rules The faults that may stand in it, such as `faultTable`.
 * @throws {PacketboatError} `badFault`, naming the line and quoting the bad value.
 */
export function parseSchedule<F extends { readonly fault: string } = Fault>(
  text: string,
  rules: FaultRules<F>,
): ScheduleStep<F>[] {
  const steps = new Map<string, ScheduleStep<F>>();
  const names = new Set<string>();
  // Editors on Windows begin a file with a byte order mark.
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const where = `line ${index + 1}`;
    if (steps.size === stepsMax) throw bad(`${where} is over the limit of ${stepsMax} steps`);
    const step = checkStep(parseLine(line, where), rules, names, where);
    if ('name' in step && step.name !== undefined) names.add(step.name);
    steps.set(where, step);
  }
  checkNames(steps, rules);
  return [...steps.values()];
}

/**
 * Checks that no fault begins under the name of one that still acts then, as far as times tell: when something happens,
 * and whether what it ends acts then, is known only when it happens.
 */
function checkNames<F extends { readonly fault: string }>(
  steps: ReadonlyMap<string, ScheduleStep<F>>,
  rules: FaultRules<F>,
): void {
  const timed = [...steps].flatMap(([where, step]) => ('atMs' in step ? [{ where, step, atMs: step.atMs }] : []));
  const endedByEvent = new Set(
    [...steps.values()].flatMap((step) => ('on' in step && 'end' in step ? [step.end] : [])),
  );
  const lastMs = new Map<string, number>();
  for (const { where, step, atMs } of timed.toSorted((left, right) => left.atMs - right.atMs)) {
    if ('end' in step) {
      lastMs.delete(step.end);
      continue;
    }
    const { name, forMs = Infinity, fault } = step;
    if (name === undefined || endedByEvent.has(name)) continue;
    if (atMs <= (lastMs.get(name) ?? -1)) throw bad(`${where}: the fault ${quoted(name)} acts already then`);
    if (faultRule(fault.fault, rules, where).once !== true) lastMs.set(name, atMs + forMs);
  }
}

function parseLine(line: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const why = (cause as Error).message.replace(/ \(line \d+ column \d+\)$/, '');
    throw new PacketboatError('badFault', `Bad schedule: ${where} is not JSON: ${why}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad(`${where} is not a JSON object`);
}

function checkStep<F extends { readonly fault: string }>(
  fields: Readonly<Record<string, unknown>>,
  rules: FaultRules<F>,
  names: ReadonlySet<string>,
  where: string,
): ScheduleStep<F> {
  const { atMs, on, nth, ...what } = fields;
  const when = {
    ...(atMs !== undefined && { atMs }),
    ...(on !== undefined && { on }),
    ...(nth !== undefined && { nth }),
  };
  checkWhen(when, where);
  const step = 'end' in what ? checkEnd(what, names, where) : checkBegin(what, rules, on !== undefined, where);
  return { ...when, ...step } as unknown as ScheduleStep<F>;
}

function checkWhen({ atMs, on, nth }: Readonly<Record<string, unknown>>, where: string): void {
  if ((atMs === undefined) === (on === undefined)) throw bad(`${where}: say either atMs or on`);
  if (atMs !== undefined) checkInteger(atMs, 0, timeMsMax, `${where}: atMs`);
  if (on !== undefined && !sightNames.includes(on as string)) {
    throw bad(`${where}: on ${shown(on)} is none of ${sightNames.join(', ')}`);
  }
  if (nth === undefined) return;
  if (on === undefined) throw bad(`${where}: nth goes with on`);
  checkInteger(nth, 1, Number.MAX_SAFE_INTEGER, `${where}: nth`);
}

function checkEnd(what: Readonly<Record<string, unknown>>, names: ReadonlySet<string>, where: string): object {
  const { end, ...rest } = what;
  const [more] = Object.keys(rest);
  if (more !== undefined) throw bad(`${where}: a step with end takes no ${quoted(more)}`);
  if (typeof end !== 'string' || !names.has(end)) throw bad(`${where}: no line before has the name ${shown(end)}`);
  return { end };
}

function checkBegin(
  what: Readonly<Record<string, unknown>>,
  rules: FaultRules<{ readonly fault: string }>,
  triggered: boolean,
  where: string,
): object {
  const { name, forMs, direction, connections, toxicity, ...fault } = what;
  const rule = faultRule(fault['fault'], rules, where);
  checkFault(fault, rules, where);
  if (connections === 'this' && !triggered) throw bad(`${where}: connections "this" goes with on`);
  checkPlace({ direction, toxicity, connections: connections === 'this' ? 1 : connections }, rule, where);
  if (name !== undefined && !(typeof name === 'string' && name !== '' && name.length <= nameLengthMax)) {
    throw bad(`${where}: name is ${shown(name)}, not 1 to ${nameLengthMax} characters`);
  }
  if (forMs !== undefined) {
    if (rule.once === true) throw bad(`${where}: ${String(fault['fault'])} is over at once and takes no forMs`);
    checkInteger(forMs, 0, timeMsMax, `${where}: forMs`);
  }
  const said = Object.entries({ name, forMs, direction, connections, toxicity }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...Object.fromEntries(said), fault };
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badFault', `Bad schedule: ${why}`);
}
