/** Makes one sensor line of several, for a spool that is full and degrades what is oldest. */
import { PacketboatError, type RecordInput, assert, defaultLimits, parseSensorLine } from '@packetboat/core';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const decimal = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

/**
 * Averages sensor lines of one sensor, oldest first, into one. A column whose values are all decimal numbers becomes
 * their mean, exact and rounded half away from zero to as many decimals as the most precise of them has; of
 * any other column the first value stays. Name and time are the last line's.
 *
 * Records that are not lines of one sensor with equally many values have no mean: the last stays as it is.
 */
export function coarsenLines(records: readonly RecordInput[]): RecordInput {
  const last = records.at(-1);
  assert(last !== undefined, 'there are records to be coarsened');
  const lines = records.map(({ bytes }) => parseBytes(bytes));
  const lastLine = lines.at(-1);
  if (lastLine === undefined) return last;
  const columns: string[][] = lastLine.values.map(() => []);
  for (const line of lines) {
    if (line === undefined || line.name !== lastLine.name || line.values.length !== columns.length) return last;
    for (const [index, value] of line.values.entries()) columns[index]?.push(value);
  }
  const values = columns.map((column) => meanOf(column) ?? column[0] ?? '');
  const text = [lastLine.name, ...values, lastLine.timeText].join(' ');
  return { timeNs: last.timeNs, bytes: encoder.encode(`${text}\n`) };
}

/** The exact mean of decimal numbers, or `undefined` when one is none. Binary fractions would not add up (T2). */
function meanOf(values: readonly string[]): string | undefined {
  const parts = values.map((value) => decimal.exec(value));
  let decimals = 0;
  for (const part of parts) {
    if (part === null) return undefined;
    decimals = Math.max(decimals, part[3]?.length ?? 0);
  }
  let sum = 0n;
  for (const part of parts) {
    const [, sign = '', whole = '', fraction = ''] = part ?? [];
    sum += BigInt(`${sign}${whole}${fraction.padEnd(decimals, '0')}`);
  }
  return formatDecimal(divideRounded(sum, BigInt(values.length)), decimals);
}

/** Half away from zero. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const magnitude = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * magnitude + divisor) / (2n * divisor);
  return dividend < 0n ? -rounded : rounded;
}

function formatDecimal(units: bigint, decimals: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(digits.length - decimals)}`;
}

function parseBytes(bytes: Uint8Array): ReturnType<typeof parseSensorLine> | undefined {
  try {
    return parseSensorLine(decoder.decode(bytes).replace(/\n$/, ''), defaultLimits.streamNameBytesMax);
  } catch (error) {
    if (error instanceof PacketboatError || error instanceof TypeError) return undefined;
    throw error;
  }
}
