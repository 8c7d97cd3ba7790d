import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noPowerCuts } from '../support/disk_image.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { powerCuts } from './power_cut.ts';

const skip = (await noPowerCuts()) ?? false;

test('power cut: file system dies under eight producers: everything acknowledged is there once [P1] [P2] [F1]', {
  skip,
}, async () => {
  await using folder = await tempFolder();
  const acknowledged = await powerCuts({ rounds: 3, seed: 7, folder: folder.path });
  assert.ok(acknowledged > 0);
});

test('power cut: the control without syncs: acknowledged records are missing [F1]', { skip }, async () => {
  await using folder = await tempFolder();
  await assert.rejects(powerCuts({ rounds: 5, seed: 7, folder: folder.path, wrapper: ['eatmydata'] }));
});
