import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tempFolder } from '../support/temp_folder.ts';
import { crash } from './crash.ts';

test('crash: kill -9 of server, shipper and sensor under load: every acknowledged record is there once, in order [P1] [P2] [P3] [F2] [F11] [A0.2] [A0.4]', async () => {
  await using folder = await tempFolder();
  const report = await crash({ kills: 12, seed: 20_260, folder: folder.path });
  assert.ok(report.acknowledged > 0 && report.shipped > 0);
});
