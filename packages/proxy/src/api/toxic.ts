/** Faults as Toxiproxy's API says them: toxics. Names are the same; attributes have other names and units. */
import { PacketboatError, quoted } from '@packetboat/core';
import type { AppliedFault } from '../applied_fault.ts';
import type { Direction, FaultRule, OptionRule } from '../fault_kind.ts';
import { type Fault, faultKind, faultTable } from '../fault_table.ts';
import { badBody } from './read_json.ts';

/** A fault on the wire. */
export interface Toxic {
  readonly name: string;
  readonly type: string;
  /** `both` is ours: Toxiproxy knows only one stream for each toxic. */
  readonly stream: Stream;
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Stream = 'upstream' | 'downstream' | 'both';

const directionOf: ReadonlyMap<unknown, Direction> = new Map([
  ['upstream', 'up'],
  ['downstream', 'down'],
  ['both', 'both'],
]);
const streamOf = { up: 'upstream', down: 'downstream', both: 'both' } as const;

/** @throws {PacketboatError} `badRequest` */
export function parseStream(stream: unknown): Direction {
  const direction = directionOf.get(stream);
  if (direction !== undefined) return direction;
  throw new PacketboatError('badRequest', 'stream was invalid, can be either upstream or downstream');
}

export function toxicOf(applied: AppliedFault): Toxic {
  const { name, fault, direction = 'both', toxicity = 1 } = applied;
  return { name, type: fault.fault, stream: streamOf[direction], toxicity, attributes: attributesOf(fault) };
}

/** The options of a fault by Toxiproxy's names and in its units; its own attributes are always there. */
export function attributesOf(fault: Fault): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  const { options }: FaultRule = faultKind(fault);
  const values = new Map<string, unknown>(Object.entries(fault));
  for (const [option, rule] of Object.entries(options)) {
    const value = values.get(option);
    const { name, unit, isToxiproxys } = attributeOf(option, rule);
    if (typeof value === 'number') attributes[name] = value / unit;
    else if (value !== undefined) attributes[name] = value;
    else if (isToxiproxys) attributes[name] = 0;
  }
  return attributes;
}

/**
 * The fault that `attributes` describe; what options there can be is checked when it is added. Like Toxiproxy, it takes
 * 0 for an attribute of Toxiproxy's that is not there.
 *
 * @throws {PacketboatError} `badRequest`
 */
export function faultOf(type: unknown, attributes: unknown): Fault {
  if (typeof type !== 'string' || !Object.hasOwn(faultTable, type))
    throw new PacketboatError('badRequest', 'invalid toxic type');
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) {
    throw badBody('attributes is not an object');
  }
  const fault = { fault: type } as Fault;
  const { options: rules }: FaultRule = faultKind(fault);
  const options: Record<string, unknown> = {};
  const left = new Map<string, unknown>(Object.entries(attributes));
  for (const [option, rule] of Object.entries(rules)) {
    const { name, unit, isToxiproxys } = attributeOf(option, rule);
    const value = left.get(name) ?? (isToxiproxys ? 0 : undefined);
    left.delete(name);
    if (value !== undefined)
      options[option] = typeof value === 'number' && unit !== 1 ? Math.round(value * unit) : value;
  }
  const [unknown] = left.keys();
  if (unknown !== undefined) throw badBody(`${type} has no attribute ${quoted(unknown)}`);
  return { ...fault, ...options };
}

interface Attribute {
  readonly name: string;
  readonly unit: number;
  readonly isToxiproxys: boolean;
}

function attributeOf(option: string, rule: OptionRule): Attribute {
  if ('words' in rule) return { name: option, unit: 1, isToxiproxys: false };
  return { name: rule.toxic ?? option, unit: rule.toxicUnit ?? 1, isToxiproxys: rule.toxic !== undefined };
}
