import { quoted } from '@packetboat/core';
import { badFault, checkInteger, shown } from './check_fault.ts';
import type { Direction, FaultRule } from './fault_kind.ts';
import type { Fault } from './fault_table.ts';
import { seededRandom } from './seeded_random.ts';

/** Connections by their number, from 1 in the order in which they came: one, or all from … to. */
export type Connections = number | { readonly from?: number; readonly to?: number };

/** Where a fault acts. */
export interface FaultPlace {
  /** @default 'both' */
  readonly direction?: Direction;
  /** @default all */
  readonly connections?: Connections;
  /** The probability with which it acts on a connection, decided once for each. @default 1 */
  readonly toxicity?: number;
}

/** A fault that acts on a proxy. */
export interface AppliedFault extends FaultPlace {
  /** What it is called on this proxy. Its chance follows from the name, so that a run can be replayed. */
  readonly name: string;
  readonly fault: Fault;
}

/** Whether `applied` acts on connection number `connection` of a proxy with this seed. */
export function actsOn(applied: AppliedFault, connection: number, seed: number): boolean {
  const { connections, toxicity = 1, name } = applied;
  if (!isAmong(connection, connections)) return false;
  return toxicity === 1 || seededRandom(seed, name, connection)() < toxicity;
}

/** Whether `connections` mean connection number `connection`. */
export function isAmong(connection: number, connections: Connections = {}): boolean {
  if (typeof connections === 'number') return connection === connections;
  return connection >= (connections.from ?? 1) && connection <= (connections.to ?? Infinity);
}

const connectionMax = Number.MAX_SAFE_INTEGER;

/**
 * Checks where a fault is to act, and that a fault of this kind can be told so.
 *
 * @throws {PacketboatError} `badFault`, quoting the bad value.
 */
export function checkPlace(
  place: { readonly [Key in keyof FaultPlace]: unknown },
  rule: FaultRule,
  where: string,
): void {
  const { direction, connections, toxicity } = place;
  if (direction !== undefined) {
    if (rule.scope !== 'bytes') throw badFault(`${where}: this fault has no direction`);
    if (!['up', 'down', 'both'].includes(direction as string)) {
      throw badFault(`${where}: direction is ${shown(direction)}, not up, down or both`);
    }
  }
  if (rule.scope === 'proxy' && (connections ?? toxicity) !== undefined) {
    throw badFault(`${where}: this fault acts on the whole proxy, not on some connections`);
  }
  if (connections !== undefined) checkConnections(connections, `${where}: connections`);
  if (toxicity !== undefined && !(typeof toxicity === 'number' && toxicity >= 0 && toxicity <= 1)) {
    throw badFault(`${where}: toxicity is ${shown(toxicity)}, not a number in 0 … 1`);
  }
}

function checkConnections(connections: unknown, where: string): void {
  if (typeof connections !== 'object' || connections === null || Array.isArray(connections)) {
    checkInteger(connections, 1, connectionMax, where);
    return;
  }
  for (const [key, value] of Object.entries(connections)) {
    if (key !== 'from' && key !== 'to') throw badFault(`${where}: ${quoted(key)} is neither from nor to`);
    checkInteger(value, 1, connectionMax, `${where}.${key}`);
  }
}
