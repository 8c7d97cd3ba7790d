/** How the command answers whoever calls it: streams, exit codes, colours, completions, the launcher. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packetboat, run, serve } from './commands.ts';
import { tempFolder } from '../support/temp_folder.ts';

const launcher = fileURLToPath(new URL('../../packages/cli/bin/packetboat.js', import.meta.url));
const escape = '\u001b';
const systemNode = '/usr/bin/node';

const bash = async (script: string): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, launcher]);

test('cli: help: exits 0 and speaks on stdout', async () => {
  const { code, stdout, stderr } = await run(['help', 'tail']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^Usage: packetboat tail\|sub \[options\] <stream>/);
});

test('cli: wrong argument count: a usage line and exit code 2 [S0.2]', async () => {
  const { code, stdout, stderr } = await run(['sensor']);
  assert.deepEqual(
    [code, stdout, stderr],
    [2, '', "packetboat: Missing required argument 'name'. Usage: packetboat sensor [options] <name>"],
  );
});

test('cli: no server: client commands give up with exit code 7', async () => {
  const unused = await freePort();
  for (const words of [
    ['pub', 'a', 'b'],
    ['streams', 'list'],
    ['cursors', 'get', 'a', 'b'],
  ]) {
    const { code, stdout, stderr } = await run([
      ...words,
      '--timeout',
      '300ms',
      '--server',
      `http://127.0.0.1:${unused}`,
    ]);
    assert.deepEqual([code, stdout], [7, ''], stderr);
    assert.match(stderr, /^packetboat: No connection to http:\/\/127\.0\.0\.1:\d+ for 300 ms: [^\n]+$/);
  }
});

test('cli: serve: port 0 is chosen by the system, printed and written', async () => {
  await using folder = await tempFolder();
  const portFile = join(folder.path, 'port');
  const server = await serve(join(folder.path, 'data'), ['--port-file', portFile]);
  assert.equal(await readFile(portFile, 'utf8'), `${new URL(server.url).port}\n`);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal((await server.end('SIGTERM')).code, 0);
  assert.equal(existsSync(portFile), false);
});

test('cli: serve: a busy port is one clear sentence and exit code 1 [H38] [S0.21]', async () => {
  await using folder = await tempFolder();
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { code, stdout, stderr } = await run([
    'serve',
    '--data',
    folder.path,
    '--port',
    String(port),
    '--log-level',
    'silent',
  ]);
  holder.close();
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(
    stderr,
    new RegExp(`^packetboat: Port ${port} on 127\\.0\\.0\\.1 is in use by another program\\.[^\\n]+$`),
  );
});

test('cli: serve: binding beyond loopback needs --insecure and touches nothing without it [P9]', async () => {
  await using folder = await tempFolder();
  const data = join(folder.path, 'data');
  const { code, stderr } = await run(['serve', '--data', data, '--host', '0.0.0.0', '--port', '0']);
  assert.equal(code, 2);
  assert.match(stderr, /--insecure/);
  assert.equal(existsSync(data), false);
});

test('cli: a reader that goes away: the command ends quietly with 141', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${'x'.repeat(100)}\n`).join('');
  assert.equal((await run(['pub', 'many', '--create', '--server', server.url], { input: lines })).code, 0);
  const { stdout, stderr } = await bash(
    `"$1" "$2" tail many --from start --raw --server ${server.url} | head -c 3; echo " \${PIPESTATUS[0]}"`,
  );
  assert.deepEqual([stdout, stderr.trim()], ['0 x 141\n', 'reading many from offset 0']);
  await server.end();
});

function callWith(env: Record<string, string>, ...words: string[]): string {
  const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, [launcher, '--help', ...words], options).stdout;
}

test('cli: colours: only on a terminal, and not with NO_COLOR or --no-color', () => {
  assert.ok(!callWith({}).includes(escape));
  assert.ok(callWith({ FORCE_COLOR: '1' }).includes(`${escape}[1mUsage:`));
  assert.ok(!callWith({ FORCE_COLOR: '1' }, '--no-color').includes(escape));
  assert.ok(!callWith({ NO_COLOR: '1' }).includes(escape));
});

test('cli: completion: bash asks the command and gets its words', async () => {
  const { stdout, stderr } = await bash(`
    packetboat() { "$node" "$launcher" "$@"; }
    node=$1 launcher=$2
    source <(packetboat completion bash)
    words=$(packetboat complete -- streams ver)
    complete -p packetboat
    echo "$words"`);
  assert.match(stdout, /^complete .*packetboat$/m, stderr);
  assert.match(stdout, /^verify\t/m);
  for (const shell of ['zsh', 'fish']) assert.equal((await run(['completion', shell])).code, 0);
  assert.equal((await run(['completion', 'tcsh'])).code, 2);
});

const oldNode =
  existsSync(systemNode) &&
  /^v(?:[0-9]|1\d|2[0-3])\./.test(spawnSync(systemNode, ['--version'], { encoding: 'utf8' }).stdout)
    ? false
    : 'the system has no old Node';

function callWithOldNode(...words: string[]) {
  return spawnSync(systemNode, [launcher, ...words], { encoding: 'utf8' });
}

test('cli: launcher: an old Node hands over, with arguments, streams and exit code', { skip: oldNode }, () => {
  assert.match(callWithOldNode('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual(
    [callWithOldNode('nonsense').status, callWithOldNode('tail', 'a b', '--from', 'x y').status],
    [2, 2],
  );
});

test('cli: launcher: an old Node passes signals on, once, and dies together with the command', {
  skip: oldNode,
}, async () => {
  await using folder = await tempFolder();
  const start = async () => {
    const child = spawn(systemNode, [launcher, 'serve', '--data', folder.path, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, url: /http:\S+/.exec(bytes.toString())?.[0] ?? '' };
  };
  const stopped = await start();
  stopped.child.kill('SIGTERM');
  assert.deepEqual(await once(stopped.child, 'exit'), [0, null]);
  const killed = await start();
  killed.child.kill('SIGKILL');
  // The pipe ends when the command itself is gone.
  await once(killed.child.stdout, 'close');
  await assert.rejects(fetch(`${killed.url}/healthz`));
});

test('cli: nothing to read: tail of a stream that does not exist exits with 3', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const { code, stderr } = await run(['tail', 'nope', '--server', server.url]);
  assert.deepEqual([code, stderr.split('\n').length], [3, 1]);
  assert.match(stderr, /^packetboat: There is no stream "nope"\./);
  await server.end();
});

test('cli: interrupted: a tail that waits exits with 130', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  await run(['streams', 'create', 'a', '--server', server.url]);
  const tail = packetboat(['tail', 'a', '--server', server.url]);
  await tail.line(/reading a from offset 0/);
  assert.equal((await tail.end('SIGINT')).code, 130);
  await server.end();
});

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  return port;
}
