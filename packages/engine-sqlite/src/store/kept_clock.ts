import type { Key, Tx } from '@packetboat/core';
import { decodeJson, encodeJson } from './json_row.ts';
import { tables } from './tables.ts';

const clockKey: Key = ['clock'];

/** What is kept of the store's own clock, so that a new run goes on from there. */
interface ClockRow {
  readonly openMs: number;
}

/** The clock as it was kept last. @throws {PacketboatError} `damaged` */
export function readClock(tx: Tx): number {
  const bytes = tx.get(tables.meta, clockKey);
  return bytes === undefined ? 0 : (decodeJson(bytes) as ClockRow).openMs;
}

export function writeClock(tx: Tx, openMs: number): void {
  tx.put(tables.meta, clockKey, encodeJson({ openMs } satisfies ClockRow));
}
