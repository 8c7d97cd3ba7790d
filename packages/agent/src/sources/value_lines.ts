/** Reads the lines that another program wrote: as values, or as whole sensor lines. */
import { PacketboatError, parseSensorLine, defaultLimits } from '@packetboat/core';
import type { SourceEntry } from './source.ts';

/**
 * What the lines of a file or of stdin are: `values` (the sensor adds name and time) or `records`
 * (`name value… time_ns`, as the sensor itself writes them).
 */
export type LineFormat = 'values' | 'records';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const decimal = /^[-+]?\d+(?:\.\d+)?$/;
const timeOfToday = /^\d{19}$/;

/**
 * Reads one line, given without its newline. A blank line is nothing.
 *
 * As `records`, the name must be the sensor's, every value a decimal number and the time 19 digits: a line torn
 * by a crash and glued to the next one, or cut inside its time, is then seen not to be a record (C0.4, A0.6).
 */
export function readLine(bytes: Uint8Array, format: LineFormat, name: string): SourceEntry | undefined {
  let text: string;
  try {
    text = decoder.decode(bytes).trim();
  } catch {
    return { kind: 'rejected', bytes, reason: 'notUtf8: the line is not UTF-8' };
  }
  if (text === '') return undefined;
  if (format === 'values') return readValues(text, bytes);
  try {
    const line = parseRecordLine(text);
    if (line.name !== name) return { kind: 'rejected', bytes, reason: `badLine: its name is not ${name}` };
    return { kind: 'record', text, timeNs: line.timeNs };
  } catch (error) {
    if (!(error instanceof PacketboatError)) throw error;
    return { kind: 'rejected', bytes, reason: `${error.code}: ${error.message}` };
  }
}

/**
 * Parses a whole record as a sensor writes it (S0.5, C0.1): decimal values, a time of 19 digits.
 *
 * @throws {PacketboatError} `badLine` or `badName`.
 */
export function parseRecordLine(text: string): ReturnType<typeof parseSensorLine> {
  const line = parseSensorLine(text, defaultLimits.streamNameBytesMax);
  const odd = line.values.find((value) => !decimal.test(value));
  if (odd !== undefined) throw new PacketboatError('badLine', `Bad line: value ${JSON.stringify(odd)} is no number`);
  if (!timeOfToday.test(line.timeText)) {
    throw new PacketboatError('badLine', `Bad line: time ${line.timeText} has ${line.timeText.length} digits, not 19`);
  }
  return line;
}

function readValues(text: string, bytes: Uint8Array): SourceEntry {
  if (/(?![\t ])\p{Cc}/u.test(text)) {
    return { kind: 'rejected', bytes, reason: 'badLine: the line holds a control character' };
  }
  return { kind: 'values', text: text.replaceAll(/\s+/gu, ' ') };
}
