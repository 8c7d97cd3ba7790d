import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { crc32, type Key, type Table, type Tx } from '@packetboat/core';
import * as fc from 'fast-check';
import { SqliteTx } from './sqlite_tx.ts';
import { MemoryDisk, MemoryTx } from './testing/memory_disk.ts';

const byName: Table = { name: 'by_name', key: ['text'] };
const byNumber: Table = { name: 'by_number', key: ['integer', 'text'] };

function openTx(): { tx: SqliteTx; database: DatabaseSync } {
  const database = new DatabaseSync(':memory:');
  const values = 'value BLOB NOT NULL, crc INTEGER NOT NULL';
  database.exec(`CREATE TABLE by_name (k0 TEXT, ${values}, PRIMARY KEY (k0)) STRICT, WITHOUT ROWID`);
  database.exec(`CREATE TABLE by_number (k0 INTEGER, k1 TEXT, ${values}, PRIMARY KEY (k0, k1)) STRICT`);
  return { tx: new SqliteTx(database, crc32, 'write'), database };
}

const part = fc.constantFrom('', 'a', 'a\0', 'ab', 'é', '￿', '\u{10000}');
const count = fc.integer({ min: 0, max: 3 });
const tableAndKeys = fc.oneof(
  fc.record({ table: fc.constant(byName), key: fc.tuple(part), from: fc.tuple(part), to: fc.tuple(part) }),
  fc.record({
    table: fc.constant(byNumber),
    key: fc.tuple(count, part),
    from: fc.oneof<fc.Arbitrary<Key>[]>(fc.tuple(count), fc.tuple(count, part)),
    to: fc.oneof<fc.Arbitrary<Key>[]>(fc.tuple(count), fc.tuple(count, part)),
  }),
);
const command = fc.record({
  kind: fc.constantFrom('put', 'get', 'delete', 'deleteRange', 'scan', 'keys', 'commit', 'rollback'),
  on: tableAndKeys,
  value: fc.uint8Array({ maxLength: 40 }),
  limit: fc.integer({ min: 1, max: 5 }),
  bytesMax: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
  reverse: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

function run(tx: Tx, { kind, on, value, limit, bytesMax, reverse }: Command): unknown {
  const { table, key, from, to } = on;
  switch (kind) {
    case 'put':
      return tx.put(table, key, value);
    case 'get':
      return tx.get(table, key);
    case 'delete':
      return tx.delete(table, key);
    case 'deleteRange':
      return tx.deleteRange(table, from, to, limit);
    case 'keys':
      return tx.keys(table, from, to, limit);
    case 'scan':
      return tx.scan(table, from, to, { limit, reverse, ...(bytesMax === undefined ? {} : { bytesMax }) });
    default: {
      const outcome = kind === 'commit' ? tx.commit() : tx.rollback();
      tx.begin();
      return outcome;
    }
  }
}

test('SqliteTx answers as MemoryTx does, which the engine is tested on', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const { tx, database } = openTx();
      const oracle = new MemoryTx(new MemoryDisk(), crc32);
      tx.begin();
      oracle.begin();
      for (const each of commands) assert.deepEqual(run(tx, each), run(oracle, each), JSON.stringify(each));
      database.close();
    }),
    { numRuns: 200 },
  );
});

test('SqliteTx takes a row that fails its CRC, or stands in a wrong place, for damage [F14]', () => {
  const { tx, database } = openTx();
  tx.put(byName, ['a'], new Uint8Array([1, 2, 3]));
  tx.put(byName, ['b'], new Uint8Array([1, 2, 3]));
  database.exec("UPDATE by_name SET value = x'010203ff' WHERE k0 = 'a'");
  assert.throws(() => tx.get(byName, ['a']), { code: 'damaged', message: /by_name.*a/ });
  assert.throws(() => tx.scan(byName, [''], ['z'], { limit: 9 }), { code: 'damaged' });
  database.exec("DELETE FROM by_name WHERE k0 = 'a'; UPDATE by_name SET k0 = 'c' WHERE k0 = 'b'");
  assert.throws(() => tx.get(byName, ['c']), { code: 'damaged' });
  database.close();
});

test('SqliteTx fails cleanly on a full disk, stores nothing, and takes the next transaction [P8]', () => {
  const { tx, database } = openTx();
  database.exec('PRAGMA max_page_count = 8');
  tx.begin();
  tx.put(byName, ['small'], new Uint8Array(10));
  tx.put(byName, ['large'], new Uint8Array(100_000));
  tx.put(byName, ['after'], new Uint8Array(10));
  const outcome = tx.commit();
  assert.equal(outcome.kind, 'failed');
  assert.ok(outcome.kind === 'failed' && 'code' in outcome.cause && outcome.cause.code === 'diskFull');
  assert.deepEqual(tx.scan(byName, [''], ['z'], { limit: 9 }), []);
  tx.begin();
  tx.put(byName, ['small'], new Uint8Array(10));
  assert.deepEqual(tx.commit(), { kind: 'ok' });
  database.close();
});
