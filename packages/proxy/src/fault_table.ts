import { PacketboatError, quoted } from '@packetboat/core';
import type { FaultKind, OptionRule } from './fault_kind.ts';
import { bandwidth, type BandwidthFault } from './faults/bandwidth.ts';
import { blackhole, type BlackholeFault } from './faults/blackhole.ts';
import { cut, type CutFault } from './faults/cut.ts';
import { delay, type DelayFault } from './faults/delay.ts';
import { down, type DownFault } from './faults/down.ts';
import { drop, type DropFault } from './faults/drop.ts';

/** One thing that goes wrong on a link. */
export type Fault = BandwidthFault | BlackholeFault | CutFault | DelayFault | DownFault | DropFault;

type FaultTable = { readonly [Name in Fault['fault']]: FaultKind<Extract<Fault, { fault: Name }>> };

const faultTable: FaultTable = { bandwidth, blackhole, cut, delay, down, drop };

/** Names of all kinds of fault. */
export const faultNames: readonly string[] = Object.keys(faultTable);

/** The kind of a fault that was checked. */
export function faultKind(fault: Fault): FaultKind<Fault> {
  return faultTable[fault.fault] as FaultKind<Fault>;
}

/**
 * Checks that `fields` name a fault and exactly its options.
 *
 * @param where Names the value in the message: `step 3`.
 * @throws {PacketboatError} `badRequest`, quoting the bad value.
 */
export function checkFault(fields: Readonly<Record<string, unknown>>, where: string): Fault {
  const { fault: name, ...options } = fields;
  if (typeof name !== 'string' || !Object.hasOwn(faultTable, name)) {
    throw bad(`${where}: fault ${shown(name)} is none of ${faultNames.join(', ')}`);
  }
  const rules = new Map<string, OptionRule>(Object.entries(faultTable[name as Fault['fault']].options));
  for (const option of Object.keys(options)) {
    if (!rules.has(option)) throw bad(`${where}: ${name} has no option ${quoted(option)}`);
  }
  for (const [option, rule] of rules) checkOption(options[option], rule, `${where}: ${option} of ${name}`);
  return fields as unknown as Fault;
}

function checkOption(value: unknown, rule: OptionRule, where: string): void {
  if (value === undefined) {
    if (rule.optional !== true) throw bad(`${where} is missing`);
  } else if ('words' in rule) {
    if (!rule.words.includes(value as string)) throw bad(`${where} is ${shown(value)}, not ${rule.words.join(' or ')}`);
  } else {
    const number = value as number;
    if (Number.isSafeInteger(value) && number >= rule.min && number <= rule.max) return;
    throw bad(`${where} is ${shown(value)}, not an integer in ${rule.min} … ${rule.max}`);
  }
}

/** A value as it may stand in a message. */
export function shown(value: unknown): string {
  return value === undefined ? 'undefined' : quoted(JSON.stringify(value));
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badRequest', `Bad fault: ${why}`);
}
