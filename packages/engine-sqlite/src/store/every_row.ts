import type { Key, Table, Tx } from '@packetboat/core';

const rowsAtOnce = 512;

/** All rows with `from` <= key < `to`, in key order, read in bounded pieces. @throws {PacketboatError} `damaged` */
export function* everyRow(tx: Tx, table: Table, from: Key, to: Key): Generator<[Key, Uint8Array]> {
  for (let next: Key | undefined = from; next !== undefined; ) {
    const rows: [Key, Uint8Array][] = tx.scan(table, next, to, { limit: rowsAtOnce });
    yield* rows;
    const last = rows.at(-1)?.[0];
    next = rows.length < rowsAtOnce || last === undefined ? undefined : behind(last);
  }
}

/** The smallest key after `key`. */
function behind(key: Key): Key {
  return key.map((part, index) => {
    if (index < key.length - 1) return part;
    return typeof part === 'number' ? part + 1 : `${part}\0`;
  });
}
