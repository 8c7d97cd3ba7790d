import { PacketboatError, quoted } from '@packetboat/core';
import type { FaultRule, OptionRule } from './fault_kind.ts';

/** What is said about faults, by their names: {@linkcode faultTable}, and what a simulator adds to it. */
export type FaultRules<F extends { readonly fault: string }> = Readonly<Record<F['fault'], FaultRule>>;

/**
 * Checks that `fields` name a fault of `rules` and exactly its options.
 *
 * @param where Names the value in the message: `line 3`.
 * @throws {PacketboatError} `badFault`, quoting the bad value.
 */
export function checkFault<F extends { readonly fault: string }>(
  fields: Readonly<Record<string, unknown>>,
  rules: FaultRules<F>,
  where: string,
): F {
  const { fault: name, ...options } = fields;
  const rule = faultRule(name, rules, where);
  for (const option of Object.keys(options)) {
    if (!Object.hasOwn(rule.options, option))
      throw badFault(`${where}: ${String(name)} has no option ${quoted(option)}`);
  }
  for (const [option, optionRule] of Object.entries(rule.options)) {
    checkOption(options[option], optionRule, `${where}: ${option} of ${String(name)}`);
  }
  return fields as unknown as F;
}

/** What is said about the fault `name`. @throws {PacketboatError} `badFault` when there is none. */
export function faultRule(name: unknown, rules: Readonly<Record<string, FaultRule>>, where: string): FaultRule {
  const rule = typeof name === 'string' && Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule !== undefined) return rule;
  throw badFault(`${where}: fault ${shown(name)} is none of ${Object.keys(rules).join(', ')}`);
}

function checkOption(value: unknown, rule: OptionRule, where: string): void {
  if (value === undefined) {
    if (rule.optional !== true) throw badFault(`${where} is missing`);
  } else if ('words' in rule) {
    if (rule.words.includes(value as string)) return;
    throw badFault(`${where} is ${shown(value)}, not ${rule.words.join(' or ')}`);
  } else {
    checkInteger(value, rule.min, rule.max, where);
  }
}

/** @throws {PacketboatError} `badFault` */
export function checkInteger(value: unknown, min: number, max: number, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw badFault(`${where} is ${shown(value)}, not an integer in ${min} … ${max}`);
}

/** A value as it may stand in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export function badFault(why: string): PacketboatError {
  return new PacketboatError('badFault', `Bad fault: ${why}`);
}
