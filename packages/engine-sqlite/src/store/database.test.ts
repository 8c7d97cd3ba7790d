import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { connect, databasePath, pragma, tablesOf } from './database.ts';
import { batchOf, readTexts } from './testing/batches.ts';
import { WriterStore } from './testing/writer_store.ts';
import { tables } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'packetboat-database-'));
after(() => rmSync(folder, { recursive: true }));

test('connect of a writer brings a database of version 1 to this version, with all that is in it', async () => {
  const { world } = new VirtualWorld();
  const open = () => new WriterStore(folder, world, testLimits());
  const first = open();
  await first.log.append({ stream: 'a', batch: batchOf(['x']), key: 'k', create: {} });
  first.close();
  const older = new DatabaseSync(databasePath(folder));
  older.exec('DROP TABLE key_ends; PRAGMA user_version = 1');
  older.close();

  const reader = connect(folder, 'reader');
  assert.equal(tablesOf(reader).includes(tables.keyEnds), false, 'a reader takes it as it is');
  reader.close();
  const second = open();
  assert.deepEqual(await readTexts(second, 'a'), ['x']);
  const retry = await second.log.append({ stream: 'a', batch: batchOf(['y']), key: 'k' });
  assert.equal(retry.kind, 'duplicate');
  const timed = await second.log.append({ stream: 'a', batch: batchOf(['y']), key: 'timed', keyMs: 1_000 });
  assert.equal(timed.kind, 'appended');
  second.close();
  const migrated = connect(folder, 'reader');
  assert.deepEqual([pragma(migrated, 'user_version'), tablesOf(migrated).length], [2, Object.keys(tables).length]);
  migrated.close();
});
