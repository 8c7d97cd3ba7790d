import type { Key, Table, Tx } from '@packetboat/core';

const rowsAtOnce = 512;

/** All rows with `from` <= key < `to`, in key order, read in bounded pieces. @throws {PacketboatError} `damaged` */
export function everyRow(tx: Tx, table: Table, from: Key, to: Key): Generator<[Key, Uint8Array]> {
  return inPieces(
    from,
    (next) => tx.scan(table, next, to, { limit: rowsAtOnce }),
    ([key]) => key,
  );
}

/** The keys of those rows, which no CRC has checked. */
export function everyKey(tx: Tx, table: Table, from: Key, to: Key): Generator<Key> {
  return inPieces(
    from,
    (next) => tx.keys(table, next, to, rowsAtOnce),
    (key) => key,
  );
}

function* inPieces<Found>(from: Key, read: (next: Key) => Found[], keyOf: (found: Found) => Key): Generator<Found> {
  for (let next: Key | undefined = from; next !== undefined; ) {
    const piece: Found[] = read(next);
    yield* piece;
    const last = piece.at(-1);
    next = piece.length < rowsAtOnce || last === undefined ? undefined : behind(keyOf(last));
  }
}

/** The smallest key after `key`. */
function behind(key: Key): Key {
  return key.map((part, index) => {
    if (index < key.length - 1) return part;
    return typeof part === 'number' ? part + 1 : `${part}\0`;
  });
}
