import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { makeFolders } from './make_folders.ts';

test('makeFolders makes what is missing, tells what, and minds nothing that is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'make-folders-'));
  try {
    assert.deepEqual(makeFolders(join(root, 'a/b'), 0o700), [join(root, 'a'), join(root, 'a/b')]);
    assert.equal(statSync(join(root, 'a/b')).mode & 0o777, 0o700);
    assert.deepEqual(makeFolders(join(root, 'a/b')), []);
    assert.deepEqual(makeFolders(join(root, 'a/c')), [join(root, 'a/c')]);
    writeFileSync(join(root, 'file'), '');
    const error = { code: 'ENOTDIR', syscall: 'mkdir', path: join(root, 'file') };
    assert.throws(() => makeFolders(join(root, 'file')), error);
    assert.throws(() => makeFolders(join(root, 'file/below')), error);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('makeFolders fails where no folder can be, and does not try for ever [H38]', () => {
  assert.throws(() => makeFolders('/proc/nope/below'), { code: 'ENOENT' });
});

test('makeFolders: many that need the same folders at one moment: all have them', async () => {
  const root = mkdtempSync(join(tmpdir(), 'make-folders-'));
  const url = JSON.stringify(new URL('make_folders.ts', import.meta.url).href);
  const code = `const { makeFolders } = await import(${url});
    for (let index = 0; index < 300; index++) makeFolders(${JSON.stringify(root)} + '/' + index + '/a/b');`;
  try {
    const workers = Array.from({ length: 2 }, () => {
      return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    });
    const codes = await Promise.all(
      workers.map((worker) => {
        const { promise, resolve, reject } = Promise.withResolvers<number>();
        worker.on('exit', resolve).on('error', reject);
        return promise;
      }),
    );
    assert.deepEqual(codes, [0, 0]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
