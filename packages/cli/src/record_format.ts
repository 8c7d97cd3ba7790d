/** How `tail` writes records. */
import type { ReadRecord } from '@packetboat/client';
import type { Gap } from '@packetboat/core';
import { LocalTime, describeCount } from './describe.ts';
import { neutral, neutralText } from './neutral.ts';
import type { Terminal } from './terminal.ts';

/** Makes what is written for a record. */
export type RecordFormat = (record: ReadRecord) => string | Uint8Array;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const offsetWidth = 8;

/** One line for a person: offset, local time, payload. What is lost stands where it would have been. */
export function humanFormat(terminal: Terminal): RecordFormat {
  const time = new LocalTime();
  return ({ offset, timeNs, bytes, gap }) => {
    if (gap !== undefined) return `${terminal.style('yellow', `${' '.repeat(offsetWidth)}  ${describeGap(gap)}`)}\n`;
    const head = `${String(offset).padStart(offsetWidth)}  ${time.format(timeNs)}`;
    return `${terminal.style('dim', head)}  ${neutral(bytes)}\n`;
  };
}

/** NDJSON. Times are decimal strings, for they exceed 2^53 (trap T1). */
export function jsonFormat({ offset, timeNs, bytes, gap }: ReadRecord): string {
  const content = gap === undefined ? payload(bytes) : { gap };
  return `${JSON.stringify({ offset, timeNs: String(timeNs), ...content })}\n`;
}

/** The payload's own bytes and nothing else: all of them together have the stream's checksum. */
export function rawFormat({ bytes }: ReadRecord): Uint8Array {
  return bytes;
}

/** What is missing, as a sentence. */
export function describeGap({ from, to, count, reason }: Gap): string {
  const which = from === to ? `number ${from}` : `numbers ${from} to ${to}`;
  return `— ${describeCount(count, 'record')} lost (${which}): ${neutralText(reason)} —`;
}

function payload(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}
