import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { earlierGenerations } from './rotation.ts';

test('earlierGenerations lists oldest first, by name, and only what can be read as lines', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-rotation-'));
  try {
    const names = ['app.log', 'app.log.1', 'app.log.2', 'app.log.10', 'app.log-20260131', 'app.log-20251231'];
    const others = ['app.log.3.gz', 'app.log.bak', 'app.logger.1', 'other.log.1', 'app.log.1~'];
    for (const name of [...names, ...others]) writeFileSync(join(folder, name), '');
    assert.deepEqual(
      (await earlierGenerations(join(folder, 'app.log'))).map((path) => basename(path)),
      ['app.log-20251231', 'app.log-20260131', 'app.log.10', 'app.log.2', 'app.log.1'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
