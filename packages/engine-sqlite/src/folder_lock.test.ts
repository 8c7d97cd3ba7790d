import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { lockFolder } from './folder_lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('lockFolder refuses a second holder in the same process, naming folder and role', () => {
  const lock = lockFolder(folder, 'server');
  assert.throws(() => lockFolder(folder, 'server'), {
    code: 'storeLocked',
    message: `Another server uses the folder ${folder}`,
  });
  assert.deepEqual(readdirSync(folder), ['server.lock']);
  lock.release();
  lock.release();
  lockFolder(folder, 'server').release();
});

test('lockFolder gives each role its own lock', () => {
  const sensor = lockFolder(folder, 'sensor');
  lockFolder(folder, 'shipper').release();
  assert.throws(() => lockFolder(folder, 'sensor'), { code: 'storeLocked' });
  sensor.release();
});

test('lockFolder names a folder that does not exist', () => {
  assert.throws(() => lockFolder(join(folder, 'missing'), 'server'), { code: 'storeFailed', message: /missing/ });
});

test('lockFolder: kill -9: the lock of a killed process is free at once, and nothing is left to clean up', async () => {
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL('./folder_lock.ts', import.meta.url).href)};
    lockFolder(${JSON.stringify(folder)}, 'server');
    process.stdout.write('held');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(() => lockFolder(folder, 'server'), { code: 'storeLocked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(folder, 'server').release();
  assert.deepEqual(readdirSync(folder), ['server.lock']);
});
