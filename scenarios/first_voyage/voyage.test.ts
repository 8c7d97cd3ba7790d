import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tempFolder } from '../support/temp_folder.ts';
import { voyage } from './voyage.ts';

test('first voyage: the link is cut, shipper and server are killed: verify says equal and complete [P1] [P2] [P5] [A0.1] [A0.2] [S0.14] [S0.17]', async () => {
  await using folder = await tempFolder();
  const page = await voyage({ folder: folder.path, cutSeconds: 4 });
  assert.match(page, /equal/);
});
