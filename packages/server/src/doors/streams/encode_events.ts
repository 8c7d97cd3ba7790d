import { isUtf8 } from 'node:buffer';
import { type Crc32, isJson, mediaTypeOf, type Segment } from '@packetboat/core';
import type { Piece } from '../../fan_out/rendition.ts';
import { Body } from './body.ts';
import { base64Event, textEvent } from './sse_event.ts';
import { storedParts, type StoredPart } from './stored_parts.ts';

/** Whether data events carry text: those of other streams are Base64 (protocol section 5.8). */
export function isTextual(contentType: string): boolean {
  return isJson(contentType) || mediaTypeOf(contentType).startsWith('text/');
}

/**
 * The records of `segments` from offset `from` on, as data events: one for all that follow each other, so that a
 * character which two appends share comes whole where it can; gap records have events of their own (P6).
 */
export function encodeEvents(segments: readonly Segment[], from: number, crc32: Crc32, contentType: string): Piece[] {
  const runs: StoredPart[][] = [];
  for (const part of storedParts(segments, from, crc32)) {
    const run = runs.at(-1);
    if (run !== undefined && run[0]?.batch.gap === part.batch.gap) run.push(part);
    else runs.push([part]);
  }
  let base = from;
  return runs.map((run) => {
    const piece = encodeRun(run, base, contentType);
    base = piece.end;
    return piece;
  });
}

function encodeRun(run: readonly StoredPart[], base: number, contentType: string): Piece {
  const body = new Body({ json: isJson(contentType) });
  let [end, checksum] = [base, 0];
  for (const part of run) {
    body.add(part);
    ({ end, checksum } = part);
  }
  const content = body.finish();
  const { gaps } = body;
  if (!isTextual(contentType)) return { base, end, checksum, gaps, notUtf8: false, bytes: base64Event(content) };
  return { base, end, checksum, gaps, notUtf8: !isUtf8(content), bytes: textEvent(content) };
}
