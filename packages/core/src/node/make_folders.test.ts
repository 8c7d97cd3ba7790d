import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolders } from './make_folders.ts';

test('makeFolders makes what is missing, tells what, and minds nothing that is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'make-folders-'));
  try {
    assert.deepEqual(makeFolders(join(root, 'a/b'), 0o700), [join(root, 'a'), join(root, 'a/b')]);
    assert.equal(statSync(join(root, 'a/b')).mode & 0o777, 0o700);
    assert.deepEqual(makeFolders(join(root, 'a/b')), []);
    assert.deepEqual(makeFolders(join(root, 'a/c')), [join(root, 'a/c')]);
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => makeFolders(join(root, 'file')), { code: 'ENOTDIR' });
    assert.throws(() => makeFolders(join(root, 'file/below')), { code: 'ENOTDIR' });
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('makeFolders fails where no folder can be, and does not try for ever [H38]', () => {
  assert.throws(() => makeFolders('/proc/nope/below'), { code: 'ENOENT' });
});
