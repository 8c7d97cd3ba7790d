import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dataFolder } from './data_folder.ts';

function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('dataFolder refuses the whole disk, also said in another way [H38]', () => {
  for (const data of ['/', '//', '/usr/..', '/.']) {
    assert.throws(() => dataFolder({ data }, {}, 'mayBeMissing'), { exitCode: 2, message: /is the whole disk/ }, data);
  }
});

test('dataFolder refuses a file, and a folder below one, and makes nothing [H38]', (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  for (const data of [file, join(file, 'a', 'b')]) {
    assert.throws(() => dataFolder({ data }, {}, 'mayBeMissing'), { exitCode: 1, message: /file is no folder/ });
  }
  assert.equal(dataFolder({ data: join(folder, 'new', 'store') }, {}, 'mayBeMissing'), join(folder, 'new', 'store'));
  assert.deepEqual(readdirSync(folder), ['file']);
});

test('dataFolder answers 3 where there must be a store and is none', (t) => {
  assert.throws(() => dataFolder({ data: join(tempFolder(t), 'none') }, {}, 'mustExist'), { exitCode: 3 });
});

test('dataFolder defaults to the folder that systemd gives', (t) => {
  const folder = tempFolder(t);
  assert.equal(dataFolder({}, { STATE_DIRECTORY: folder }, 'mayBeMissing'), join(folder, 'store'));
});
