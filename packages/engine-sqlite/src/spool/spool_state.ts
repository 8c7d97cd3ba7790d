/** What a spool knows of itself: one row, read and written in every transaction. */
import { type Crc32, newSpoolState, PacketboatError, type SpoolState } from '@packetboat/core';

/** The state of a spool that can make samples coarser. */
export interface SqliteSpoolState extends SpoolState {
  /** Per level of coarsening: samples before this one were coarsened at least that often. */
  readonly coarsenedTo: number[];
}

/** A spool in which nothing was put yet. */
export function newSqliteSpoolState(stream: string, producerId: string, levels: number): SqliteSpoolState {
  return { ...newSpoolState(stream, producerId), coarsenedTo: Array.from({ length: levels }, () => 0) };
}

const encoder = new TextEncoder();

/** The row for `state`: its text and the text's CRC. */
export function encodeState(state: SqliteSpoolState, crc32: Crc32): { text: string; crc: number } {
  const text = JSON.stringify(state);
  return { text, crc: crc32(encoder.encode(text)) };
}

/**
 * The state in a row.
 * @throws {PacketboatError} `damaged` when there is no row or it fails its CRC.
 */
export function decodeState(row: Record<string, unknown> | undefined, crc32: Crc32, folder: string): SqliteSpoolState {
  const text = row?.['text'];
  if (typeof text !== 'string' || crc32(encoder.encode(text)) !== row?.['crc']) {
    throw new PacketboatError('damaged', `The state of the spool ${folder} is missing or fails its CRC`);
  }
  const state: SqliteSpoolState = JSON.parse(text);
  return { ...state, mark: state.mark };
}
