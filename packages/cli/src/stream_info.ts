/** How streams are shown. */
import { type StreamInfo, describeBytes } from '@packetboat/core';
import type { Context } from './context.ts';
import { LocalTime, describeChecksum, describeCount, describeDuration } from './describe.ts';
import { neutralText } from './neutral.ts';

/** As one JSON object; the time is a decimal string, for it exceeds 2^53. */
export function streamInfoJson(info: StreamInfo): object {
  return { ...info, createdNs: String(info.createdNs) };
}

/** What a person wants to know of a stream, in a word or two. */
export function describeState({ closed, loss }: StreamInfo): string {
  if (loss !== undefined) return 'lost its newest records';
  return closed ? 'closed' : 'open';
}

/** Shows one stream, as `--json` or for a person. */
export async function printStreamInfo({ terminal }: Context, info: StreamInfo, json: boolean): Promise<void> {
  if (json) return terminal.printJson(streamInfoJson(info));
  const { ageMsMax, bytesMax } = info.retention;
  const kept = [
    ...(ageMsMax === undefined ? [] : [`for ${describeDuration(ageMsMax)}`]),
    ...(bytesMax === undefined ? [] : [`up to ${describeBytes(bytesMax)}`]),
  ];
  const rows: [name: string, value: string][] = [
    ['records', `${describeCount(info.tail - info.first, 'record')}, offsets ${info.first} to ${info.tail}`],
    ['bytes', describeBytes(info.bytes)],
    ['checksum', describeChecksum(info.checksum)],
    ['type', neutralText(info.contentType)],
    ['state', describeState(info)],
    ['kept', kept.length === 0 ? 'for ever' : kept.join(' and ')],
    ['created', new LocalTime().format(info.createdNs)],
    ['incarnation', info.incarnation],
  ];
  if (info.loss !== undefined) {
    const { tail, checksum } = info.loss;
    rows.push(['lost', `it once had ${describeCount(tail, 'record')}, checksum ${describeChecksum(checksum)}`]);
  }
  await terminal.print(terminal.style('bold', neutralText(info.stream)));
  for (const [name, value] of rows) await terminal.print(`  ${terminal.style('dim', name.padEnd(12))}${value}`);
}
