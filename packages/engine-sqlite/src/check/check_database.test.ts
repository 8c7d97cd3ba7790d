import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { crc32 } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { connect, databasePath } from '../store/database.ts';
import { batchOf } from '../store/testing/batches.ts';
import { WriterStore } from '../store/testing/writer_store.ts';
import { checkDatabase } from './check_database.ts';
import { Findings } from './check_report.ts';

const folder = mkdtempSync(join(tmpdir(), 'packetboat-check-'));
after(() => rmSync(folder, { recursive: true }));

/** What the check says of the database, after `sql` was done to it. */
function findingsAfter(sql: string): string[] {
  const database = new DatabaseSync(databasePath(folder));
  database.exec(sql);
  database.close();
  const reading = connect(folder, 'reader');
  const findings = new Findings();
  checkDatabase(reading, crc32, findings, () => undefined);
  reading.close();
  return findings.report().problems.map(({ message, where }) => `${where}: ${message}`);
}

test('checkDatabase looks at the ends of keys, where the database has them [F14]', async () => {
  const store = new WriterStore(folder, new VirtualWorld().world, testLimits());
  await store.log.append({ stream: 'a', batch: batchOf(['x']), key: 'k', keyMs: 1_000, create: {} });
  store.close();
  assert.deepEqual(findingsAfter(''), []);
  assert.match(findingsAfter('UPDATE key_ends SET crc = crc + 1').join(), /^key_ends .*checksum/);
  assert.deepEqual(findingsAfter('DROP TABLE key_ends; PRAGMA user_version = 1'), [], 'version 1 has none');
});
