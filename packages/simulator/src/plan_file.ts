import { PacketboatError } from '@packetboat/core';
import { formatSchedule, parseSchedule } from '@packetboat/proxy';
import { simFaultTable, type SimFault } from './faults/fault_table.ts';
import type { Plan } from './plan.ts';
import { planOf } from './swarm.ts';

/** A comment to the proxy, which runs the same file: the rest of the plan. */
const planMark = '# plan ';

/** A plan as a schedule file. @param remark What is said at its top. */
export function formatPlan({ schedule, ...rest }: Plan, remark: string): string {
  return `# ${remark}\n${planMark}${JSON.stringify(rest)}\n${formatSchedule(schedule)}`;
}

/**
 * Reads a schedule file. One that does not say who is there gets the world of `seed`.
 *
 * @throws {PacketboatError} `badFault`, naming the line and quoting the bad value, or `badRequest`.
 */
export function parsePlan(text: string, seed: number): Plan {
  const schedule = parseSchedule<SimFault>(text, simFaultTable);
  const line = text.split('\n').find((each) => each.startsWith(planMark));
  if (line === undefined) return { ...planOf(seed), schedule };
  try {
    return { ...(JSON.parse(line.slice(planMark.length)) as Omit<Plan, 'schedule'>), schedule };
  } catch (cause) {
    throw new PacketboatError('badRequest', `The line "${planMark}…" is not JSON: ${String(cause)}`, { cause });
  }
}
