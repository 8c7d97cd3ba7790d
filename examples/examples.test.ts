/** Every example runs against a real server and prints what it says it does. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { Running, serve } from '../scenarios/support/packetboat.ts';
import { tempFolder } from '../scenarios/support/temp_folder.ts';

const folder = await tempFolder();
const started = new Set<Running>();
let server: Running & { url: string };

before(async () => {
  server = await serve(folder.path);
});

after(async () => {
  for (const running of started) if (running.process.exitCode === null) await running.end('SIGKILL');
  await server.end();
  await folder[Symbol.asyncDispose]();
});

/** Starts an example as its head says, with the address of the server. */
function example(name: string, ...words: string[]): Running {
  const path = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const running = new Running(spawn(process.execPath, [path, server.url, ...words], { stdio: 'pipe' }));
  started.add(running);
  void running.exited.then(() => started.delete(running));
  return running;
}

/** What an example printed when it ended well. */
async function output(running: Running): Promise<string[]> {
  const { code } = await running.exited;
  assert.equal(code, 0, running.stderr.join('\n'));
  return running.stdout;
}

test('example publish: lines are stored and proven', async () => {
  const checksum = crc32('the first linethe second linethe third linethe end');
  assert.deepEqual(await output(example('publish')), [
    '4 records stored, durability disk',
    `the stream holds 4 records, checksum ${checksum}`,
  ]);
});

test('example read_from_start: prints every record and ends', async () => {
  const checksum = crc32('the first linethe second linethe third linethe end');
  assert.deepEqual(await output(example('read_from_start')), [
    '0 the first line',
    '1 the second line',
    '2 the third line',
    '3 the end',
    `read up to offset 4, checksum ${checksum}`,
  ]);
});

test('example verify: computes the same CRC-32 as the server, also of a stream that lost its beginning', async () => {
  const whole = await output(example('verify'));
  assert.equal(whole[0]?.replace('own   ', 'server'), whole[1]);
  assert.equal(whole[2], 'equal');
  await output(example('gaps'));
  const trimmed = await output(example('verify', 'examples/gaps'));
  assert.match(trimmed[0] ?? '', /^own {5}6 records/);
  assert.equal(trimmed[2], 'equal');
});

test('example gaps: the reader is told what is gone, where it was', async () => {
  const lines = await output(example('gaps'));
  assert.equal(lines[0], '4 records are gone (0 to 3): retention');
  assert.deepEqual(lines.slice(1, 3), ['4 record 4', '5 record 5']);
});

test('example cursor: stopped and killed, the worker continues where it was', async () => {
  await output(example('publish', 'for the worker'));
  const first = example('cursor');
  await first.line(/^committed 6$/);
  await first.end('SIGTERM');
  assert.equal(first.stdout.at(-1), 'stopped: stopped');
  await output(example('publish', 'more'));
  const second = example('cursor');
  await second.line(/^committed 8$/);
  await second.end('SIGKILL');
  assert.deepEqual(
    second.stdout.filter((line) => line.startsWith('handled')),
    ['handled 6: more', 'handled 7: the end'],
  );
  await output(example('publish', 'last'));
  const third = example('cursor');
  await third.line(/^handled/);
  assert.equal(third.stdout[0], 'handled 8: last');
  await third.end('SIGTERM');
});

test('example live_tail: prints what comes from now on, and stops when told', async () => {
  const tail = example('live_tail');
  await tail.line(/^listening to examples\/lines$/);
  await output(example('publish', 'hello'));
  await tail.line(/the end$/);
  assert.deepEqual(await tail.end('SIGTERM'), { code: 0, signal: null });
  assert.deepEqual(
    tail.stdout.map((line) => line.replace(/^\d+ /, '')),
    ['listening to examples/lines', 'hello', 'the end', 'stopped'],
  );
});

test('example outbox: no server, kill -9, another run: every line is stored once, in order [F9]', async () => {
  const spool = `${folder.path}/outbox`;
  const path = fileURLToPath(new URL('./outbox.ts', import.meta.url));
  const words = ['http://127.0.0.1:1', spool, 'one', 'two', 'three'];
  const first = new Running(spawn(process.execPath, [path, ...words], { stdio: 'pipe' }));
  started.add(first);
  await first.line(/^kept 2: three$/);
  await first.end('SIGKILL');
  started.delete(first);
  assert.deepEqual(await output(example('outbox', spool, 'four')), [
    '3 records wait from earlier runs',
    'kept 3: four',
    'the server has all 4 records',
  ]);
  assert.deepEqual(await output(example('outbox', spool)), [
    '0 records wait from earlier runs',
    'the server has all 4 records',
  ]);
  const stored = await fetch(`${server.url}/v1/stream/examples/outbox`);
  assert.equal(await stored.text(), 'onetwothreefour');
});

test('examples: each program has a row in the README and a test here', async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const names = (await readdir(here)).filter((name) => /^[a-z_]+\.ts$/.test(name)).toSorted();
  assert.deepEqual(names, [
    'cursor.ts',
    'gaps.ts',
    'live_tail.ts',
    'outbox.ts',
    'publish.ts',
    'read_from_start.ts',
    'verify.ts',
  ]);
});
