/** A small description of JSON objects, from which both the type and the check are made. */
import { PacketboatError } from './errors.ts';
import { quoted } from './names.ts';

/** One field. `text` has no lone surrogates; `integer` is a safe integer >= 0; `json` is any JSON value; `?` makes it optional. */
export type Field =
  | 'text'
  | 'text?'
  | 'integer'
  | 'integer?'
  | 'boolean'
  | 'boolean?'
  | 'json'
  | { readonly shape: Shape }
  | { readonly optional: Shape };

export type Shape = { readonly [name: string]: Field };

type ValueOf<F extends Field> = F extends 'text' | 'text?'
  ? string
  : F extends 'integer' | 'integer?'
    ? number
    : F extends 'boolean' | 'boolean?'
      ? boolean
      : F extends { readonly shape: infer S extends Shape }
        ? MessageOf<S>
        : F extends { readonly optional: infer S extends Shape }
          ? MessageOf<S>
          : unknown;

type OptionalNames<S extends Shape> = {
  [Name in keyof S]: S[Name] extends `${string}?` | { readonly optional: Shape } ? Name : never;
}[keyof S];

/** The type of objects that have shape `S`. */
export type MessageOf<S extends Shape> = {
  readonly [Name in Exclude<keyof S, OptionalNames<S>>]: ValueOf<S[Name]>;
} & { readonly [Name in OptionalNames<S>]?: ValueOf<S[Name]> | undefined };

/**
 * Checks that `value` is an object with exactly the fields of `shape`.
 *
 * @param where Names the value in the message: `hello`, `subscribe.from`.
 * @throws {PacketboatError} `badFrame`, naming the field.
 */
export function checkShape(value: unknown, shape: Shape, where: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(where, 'is not an object');
  const fields = new Map(Object.entries(value));
  for (const name of fields.keys()) {
    if (!Object.hasOwn(shape, name)) throw bad(`${where} field ${quoted(name)}`, 'is unknown');
  }
  for (const [name, field] of Object.entries(shape)) checkField(fields.get(name), field, `${where}.${name}`);
}

function checkField(value: unknown, field: Field, where: string): void {
  if (typeof field === 'object') {
    if ('shape' in field) checkShape(value, field.shape, where);
    else if (value !== undefined) checkShape(value, field.optional, where);
    return;
  }
  if (field.endsWith('?') && value === undefined) return;
  switch (field) {
    case 'json':
      if (value === undefined) throw bad(where, 'is missing');
      return;
    case 'text':
    case 'text?':
      if (typeof value !== 'string' || !value.isWellFormed()) throw bad(where, 'is not a well-formed string');
      return;
    case 'boolean':
    case 'boolean?':
      if (typeof value !== 'boolean') throw bad(where, 'is not true or false');
      return;
    case 'integer':
    case 'integer?':
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad(where, 'is not an integer in 0 … 2^53 − 1');
  }
}

function bad(where: string, why: string): PacketboatError {
  return new PacketboatError('badFrame', `Bad control message: ${where} ${why}`);
}
