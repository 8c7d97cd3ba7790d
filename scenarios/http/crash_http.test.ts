import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tempFolder } from '../support/temp_folder.ts';
import { crashHttp } from './crash_http.ts';

test('http: kill -9 of the server under the published client: each acknowledged record is stored once, in order, and read so [P1] [P2] [P3] [P4] [F2] [F11]', async () => {
  await using folder = await tempFolder();
  const report = await crashHttp({ kills: 8, seed: 20_261, folder: folder.path });
  assert.ok(report.acknowledged > 0);
});
