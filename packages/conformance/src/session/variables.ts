import { createHash } from 'node:crypto';
import { crc32, PacketboatError, quoted } from '@packetboat/core';
import type { Value } from './case.ts';

type Fields = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();

/** What a case knows while it runs. */
export class Variables {
  readonly #values = new Map<string, unknown>();

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  /**
   * `value` with its variables and sums put in.
   *
   * @throws {PacketboatError} `badRequest` for a variable that is not known: the case is wrong.
   */
  resolve(value: Value): unknown {
    if (typeof value === 'string' && value.startsWith('$')) return this.#get(value.slice(1));
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((each) => this.resolve(each));
    if (value['$sum'] !== undefined)
      return this.#list(value['$sum']).reduce<number>((sum, each) => sum + Number(each), 0);
    if (value['$product'] !== undefined) {
      return this.#list(value['$product']).reduce<number>((product, each) => product * Number(each), 1);
    }
    if (value['$joined'] !== undefined) return this.#list(value['$joined']).join('');
    if (value['$picked'] !== undefined) {
      const [by, among] = this.#list(value['$picked']);
      return (among as Fields)[String(by)];
    }
    if (typeof value['$checksumOf'] === 'string') return crc32(encoder.encode(value['$checksumOf']));
    if (value['$numbersChecksum'] !== undefined) return numbersChecksum(this.#list(value['$numbersChecksum']));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.resolve(each)]));
  }

  /** `value` as a number. */
  amount(value: Value): number {
    return Number(this.resolve(value));
  }

  /**
   * Whether `seen` is what `pattern` looks for: objects have at least the pattern's fields, all else is equal. What the
   * pattern captures is kept, also when the rest does not match.
   */
  matches(pattern: Value, seen: unknown): boolean {
    if (typeof pattern !== 'object' || pattern === null) return Object.is(this.resolve(pattern), seen);
    if (isList(pattern)) {
      if (!Array.isArray(seen) || seen.length !== pattern.length) return false;
      return pattern.every((each, index) => this.matches(each, seen[index]));
    }
    if (pattern['$some'] !== undefined) return isSome(pattern['$some'], seen);
    if (pattern['$oneOf'] !== undefined)
      return this.#alternatives(pattern['$oneOf']).some((each) => this.matches(each, seen));
    if (pattern['$not'] !== undefined) return !this.matches(pattern['$not'], seen);
    if (typeof pattern['$capture'] === 'string') {
      this.set(pattern['$capture'], seen);
      return seen !== undefined;
    }
    if (Object.keys(pattern).some((name) => name.startsWith('$'))) return Object.is(this.resolve(pattern), seen);
    if (typeof seen !== 'object' || seen === null) return false;
    return Object.entries(pattern).every(([name, each]) => this.matches(each, (seen as Fields)[name]));
  }

  #get(path: string): unknown {
    const [name = '', ...fields] = path.split('.');
    if (!this.#values.has(name)) throw new PacketboatError('badRequest', `There is no variable ${quoted(name)}`);
    let value = this.#values.get(name);
    for (const field of fields) value = (value as Fields | undefined)?.[field];
    return value;
  }

  #list(value: Value): unknown[] {
    return this.#alternatives(value).map((each) => this.resolve(each));
  }

  #alternatives(value: Value): readonly Value[] {
    return isList(value) ? value : [value];
  }
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isSome(what: Value, seen: unknown): boolean {
  switch (what) {
    case 'text':
      return typeof seen === 'string' && seen !== '';
    case 'integer':
      return Number.isSafeInteger(seen);
    default:
      return seen === undefined;
  }
}

/** Over each number as four bytes, the most significant first. */
function numbersChecksum([algorithm, ...numbers]: readonly unknown[]): string {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(Number(number), 4 * index);
  if (algorithm === 'sha-256') return createHash('sha256').update(bytes).digest('hex');
  return crc32(bytes).toString(16).padStart(8, '0');
}
