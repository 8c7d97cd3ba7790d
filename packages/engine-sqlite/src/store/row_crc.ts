import { type Crc32, type Key, PacketboatError, quoted, type Table } from '@packetboat/core';

const encoder = new TextEncoder();

/** The CRC stored with every row: over its table, key and value, so that a row in a wrong place fails too. */
export function rowCrc(crc32: Crc32, table: Table, key: Key, value: Uint8Array): number {
  return crc32(value, crc32(encoder.encode(JSON.stringify([table.name, ...key]))));
}

/** The error that names a damaged place. Damage is never taken for absence (F14). */
export function damaged(table: Table, key: Key, why: string, cause?: unknown): PacketboatError {
  return new PacketboatError('damaged', `Table ${table.name}, row ${quoted(JSON.stringify(key))}: ${why}`, { cause });
}
