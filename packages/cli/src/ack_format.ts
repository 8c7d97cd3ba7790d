/** What `ship` prints once the server has a batch. */
import type { AcknowledgedBatch } from '@packetboat/agent';
import { neutralText } from './neutral.ts';

const decoder = new TextDecoder();

/** `ACK <time_ns>` for each record (S0.13), `GAP <what was lost>` for each gap. */
export function ackText({ gap, records }: AcknowledgedBatch): string {
  let text = '';
  for (const { timeNs, bytes } of records) {
    text += gap ? `GAP ${neutralText(decoder.decode(bytes))}\n` : `ACK ${timeNs}\n`;
  }
  return text;
}

/** One JSON object a line; times are decimal strings (trap T1). */
export function ackJson({ gap, records, receipt, sequence }: AcknowledgedBatch): string {
  let text = '';
  let offset = receipt.offset;
  for (const { timeNs, bytes } of records) {
    const what = gap ? { gap: decoder.decode(bytes) } : { timeNs: String(timeNs) };
    text += `${JSON.stringify({ ...what, offset, sequence, duplicate: receipt.duplicate })}\n`;
    if (offset !== undefined) offset += 1;
  }
  return text;
}
