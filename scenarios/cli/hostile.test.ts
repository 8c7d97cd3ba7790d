/** Hostile arguments and folders (FAILURES rows 38 and 39): a clear line, the right code, and no data touched. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packetboat, run, serve } from './commands.ts';
import { tempFolder } from '../support/temp_folder.ts';

const launcher = fileURLToPath(new URL('../../packages/cli/bin/packetboat.js', import.meta.url));
const quiet = ['--port', '0', '--log-level', 'silent'];
const isRoot = process.getuid?.() === 0;

/** Asserts that `serve` on `data` ends at once with one line and `code`. */
async function assertRefused(data: string, code: number, said: RegExp): Promise<void> {
  const ended = await run(['serve', '--data', data, ...quiet]);
  assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr);
  assert.match(ended.stderr, said);
  assert.equal(ended.stderr.split('\n').length, 1, ended.stderr);
}

test('cli: hostile: an argument of 100 KB is one short line and exit code 2 [H38]', async () => {
  const long = 'x'.repeat(100_000);
  for (const words of [
    [long],
    ['tail', long],
    ['serve', '--data', long, ...quiet],
    ['ship', long, '--spool', '/nowhere'],
  ]) {
    const { code, stderr } = await run(words);
    assert.ok(code === 2 || code === 1, `${code}`);
    assert.ok(stderr.length < 900 && !stderr.includes('\n') && !stderr.includes('    at '), stderr);
  }
});

test('cli: hostile: control characters and paths in names are refused by name [H38] [S0.8] [A0.9]', async () => {
  await using folder = await tempFolder();
  const spool = join(folder.path, 'spool');
  for (const name of ['../../etc/x', 'a b', 'a\u001b[31m', 'a\nb', '', 'x'.repeat(600)]) {
    const { code, stderr } = await run(['sensor', name, '--spool', spool]);
    assert.equal(code, 2, stderr);
    assert.ok(!stderr.includes('\u001b') && !stderr.includes('\n'), stderr);
  }
  assert.deepEqual(await readdir(folder.path), []);
});

test('cli: hostile: --data / and --data on a file are refused and nothing is touched [H38]', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, 'precious');
  // Only looked at, so that this test does no harm to the disk even while the guard is broken.
  const root = await run(['serve', '--data', '/', '--check-config']);
  assert.deepEqual([root.code, root.stdout], [2, '']);
  assert.match(root.stderr, /^packetboat: \/ is the whole disk[^\n]*$/);
  await assertRefused(file, 1, /^packetboat: .*file is no folder/);
  await assertRefused(join(file, 'below'), 1, /^packetboat: .*no folder/);
  assert.deepEqual([await readFile(file, 'utf8'), await readdir(folder.path)], ['precious', ['file']]);
});

test('cli: hostile: --data on a circle of links is one line [H38]', async () => {
  await using folder = await tempFolder();
  await symlink('circle', join(folder.path, 'circle'));
  await assertRefused(join(folder.path, 'circle'), 1, /^packetboat: .*circle/);
});

test('cli: hostile: a folder that may not be used is one line [H38]', async (t: TestContext) => {
  await using folder = await tempFolder();
  await chmod(folder.path, 0o755);
  const data = join(folder.path, 'data');
  await mkdir(data, { mode: 0o700 });
  if (!isRoot) await chmod(data, 0o000);
  const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const env = { ...process.env, HOME: folder.path };
  const ended = spawnSync(process.execPath, [launcher, 'serve', '--data', data, ...quiet], {
    ...nobody,
    env,
    encoding: 'utf8',
  });
  if (!isRoot) await chmod(data, 0o700);
  if (/Cannot find module|EACCES.*packetboat\.js/.test(ended.stderr))
    return t.skip('others may not read this checkout');
  assert.deepEqual([ended.status, ended.stdout], [1, '']);
  assert.match(ended.stderr, /^packetboat: You may not use [^\n]+\n$/);
  assert.deepEqual(await readdir(data), []);
});

test('cli: hostile: a config file that is none, or is missing, is one line with its place [H38]', async () => {
  await using folder = await tempFolder();
  const config = join(folder.path, 'c.toml');
  await writeFile(config, '[serve]\nport = 0\nprot = 1\n');
  const wrong = await run(['serve', '--config', config]);
  assert.deepEqual([wrong.code, /c\.toml:3: unknown key "prot"/.test(wrong.stderr)], [2, true], wrong.stderr);
  assert.equal((await run(['serve', '--config', join(folder.path, 'none.toml')])).code, 2);
});

test('cli: hostile: two servers on one folder: the second refuses with exit code 3, the first lives [H39]', async () => {
  await using folder = await tempFolder();
  const first = await serve(folder.path);
  await assertRefused(folder.path, 3, /^packetboat: .*uses the folder.*stop it first/);
  assert.equal((await fetch(`${first.url}/readyz`)).status, 200);
  assert.equal((await first.end()).code, 0);
});

test('cli: hostile: a store of a newer version is refused with exit code 3 and stays as it is [H38] [H39]', async () => {
  await using folder = await tempFolder();
  await (await serve(folder.path)).end();
  const path = join(folder.path, 'store.db');
  const version = (set?: number): unknown => {
    using database = new DatabaseSync(path);
    if (set !== undefined) database.exec(`PRAGMA user_version = ${set}`);
    return database.prepare('PRAGMA user_version').get()?.['user_version'];
  };
  version(4_711);
  await assertRefused(folder.path, 3, /^packetboat: .*newer/);
  assert.equal(version(), 4_711);
});

test('cli: hostile: a store whose first page is overwritten is refused with exit code 3, never repaired by deleting [H39] [F14]', async () => {
  await using folder = await tempFolder();
  await (await serve(folder.path)).end();
  const path = join(folder.path, 'store.db');
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(4_096, 0xa5), 0, 4_096, 0);
  await file.close();
  const before = await readFile(path);
  await assertRefused(folder.path, 3, /^packetboat: /);
  assert.deepEqual(await readFile(path), before);
});

test('cli: hostile: a log whose database is missing is refused with exit code 3 [H39] [F5]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  assert.equal((await run(['pub', 'a', 'b', '--create', '--server', server.url])).code, 0);
  await server.end('SIGKILL');
  await rm(join(folder.path, 'store.db'));
  await assertRefused(folder.path, 3, /^packetboat: .*store\.db/);
  assert.ok((await readdir(folder.path)).includes('store.db-wal'));
});

test('cli: hostile: a missing -shm file and a killed server are no trouble [H39]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  assert.equal((await run(['pub', 'a', 'b', '--create', '--server', server.url])).code, 0);
  await server.end('SIGKILL');
  await rm(join(folder.path, 'store.db-shm'), { force: true });
  const again = await serve(folder.path);
  const { stdout } = await run(['tail', 'a', '--until-caught-up', '--raw', '--server', again.url]);
  assert.equal(stdout, 'b');
  await again.end();
});

const bindReadOnly = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';

test('cli: hostile: a store on a read-only disk is a named error with exit code 3 [H39]', async (t: TestContext) => {
  await using folder = await tempFolder();
  await (await serve(folder.path)).end();
  const wrapper = ['unshare', '--mount', 'sh', '-c', bindReadOnly, folder.path];
  if (spawnSync('unshare', [...wrapper.slice(1), 'true']).status !== 0) return t.skip('needs the right to mount');
  const server = packetboat(['serve', '--data', folder.path, ...quiet], { wrapper });
  assert.equal((await server.exited).code, 3, server.stderr.join('\n'));
  assert.match(server.stderr.join('\n'), /^packetboat: [^\n]+$/);
});

test('cli: hostile: a spool or a state on a file is refused in one line [H38]', async () => {
  for (const words of [
    ['sensor', 'paul', '--spool', '/etc/passwd'],
    ['sequence', '2', '--id', 'paul', '--state', '/etc/passwd'],
  ]) {
    const { code, stderr } = await run(words);
    assert.equal(code, words[0] === 'sensor' ? 3 : 1, stderr);
    assert.match(stderr, /^packetboat: Cannot [^\n]*\/etc\/passwd[^\n]*$/);
    assert.doesNotMatch(stderr, /defect/);
  }
});

test('cli: hostile: a spool that another sensor uses is refused with exit code 3 [H37]', async () => {
  await using folder = await tempFolder();
  const first = packetboat(['sensor', 'paul', '--spool', folder.path]);
  await first.line(/Sensor paul samples/);
  const second = await run(['sensor', 'paul', '--spool', folder.path]);
  assert.equal(second.code, 3);
  assert.match(second.stderr, /^packetboat: Another sensor uses the folder/);
  assert.equal((await first.end('SIGINT')).code, 0);
});
