/** The words of cases: values that are made, and patterns that are looked for. */
import type { Value } from './case.ts';

/** What a field may be, where its value does not matter. */
export const some = Object.freeze({
  text: { $some: 'text' },
  integer: { $some: 'integer' },
  /** The field is not there. */
  absent: { $some: 'absent' },
} as const);

/** Any value, kept under a name. */
export const capture = (name: string): Value => ({ $capture: name });

/** One of several values. */
export const oneOf = (...values: readonly Value[]): Value => ({ $oneOf: values });

/** The sum of numbers, some of them variables. */
export const sum = (...values: readonly Value[]): Value => ({ $sum: values });

/** The product of numbers, some of them variables. */
export const product = (...values: readonly Value[]): Value => ({ $product: values });

/** A text made of texts, some of them variables. */
export const joined = (...values: readonly Value[]): Value => ({ $joined: values });

/** The CRC-32 of a text. */
export const checksumOf = (text: string): Value => ({ $checksumOf: text });

/** The checksum of a sequence's numbers, in hex. */
export const numbersChecksum = (algorithm: 'crc-32' | 'sha-256', ...numbers: readonly Value[]): Value => ({
  $numbersChecksum: [algorithm, ...numbers],
});

/** Any value but this one. */
export const not = (value: Value): Value => ({ $not: value });

/** The value that stands under `by` in a table; none, if none does. */
export const picked = (by: Value, among: Readonly<Record<string, Value>>): Value => ({ $picked: [by, among] });
