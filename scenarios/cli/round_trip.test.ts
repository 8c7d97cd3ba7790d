/** Records go in and come out again, and can be proven, with nothing but the command. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { readSpoolStatus } from '@packetboat/engine-sqlite';
import { packetboat, run, serve } from './commands.ts';
import { tempFolder } from '../support/temp_folder.ts';

test('cli: pub and tail: what goes in comes out, byte for byte [T7] [S1.3]', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const to = ['--server', server.url];
  const stored = await run(['pub', 'a', '--create', '--json', ...to], { input: 'one\r\n\nthree 🚢\nlast' });
  assert.equal(stored.code, 0, stored.stderr);
  assert.equal(JSON.parse(stored.stdout).records, 4);
  assert.equal(JSON.parse(stored.stdout).receipt.proof.durability, 'disk');
  const bytes = Buffer.from([0, 255, 10, 13, 27]);
  await writeFile(join(folder.path, 'file'), bytes);
  assert.equal((await run(['pub', 'a', '--file', join(folder.path, 'file'), ...to])).code, 0);
  const { stdout } = await run(['tail', 'a', '--until-caught-up', '--json', ...to]);
  const records = stdout.split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ offset, text, base64 }) => [offset, text ?? Buffer.from(base64, 'base64')]),
    [
      [0, 'one'],
      [1, ''],
      [2, 'three 🚢'],
      [3, 'last'],
      [4, bytes],
    ],
  );
  await server.end();
});

test('cli: pub: what is not stored is told, and the exit code is not 0 [T7]', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const to = ['--server', server.url];
  const missing = await run(['pub', 'a', 'b', ...to]);
  assert.deepEqual([missing.code, missing.stdout], [3, '']);
  const long = await run(['pub', 'a', '--create', ...to], { input: `first\n${'x'.repeat(1_000_001)}\nthird\n` });
  assert.deepEqual([long.code, long.stdout], [6, '']);
  assert.match(long.stderr, /^packetboat: Line 2 is longer than 1000000 bytes\..* 1 record stored in a\.$/);
  assert.equal((await run(['tail', 'a', '--until-caught-up', '--raw', ...to])).stdout, 'first');
  await writeFile(join(folder.path, 'large'), 'x'.repeat(1_000_001));
  const large = await run(['pub', 'a', '--file', join(folder.path, 'large'), ...to]);
  assert.deepEqual([large.code, large.stdout], [6, '']);
  assert.match(large.stderr, /0 records stored in a, 1 record not stored\.$/);
  await run(['streams', 'close', 'a', ...to]);
  const closed = await run(['pub', 'a', 'x', 'y', ...to]);
  assert.equal(closed.code, 5);
  assert.match(closed.stderr, /0 records stored in a, 2 records not stored\.$/);
  await server.end();
});

test('cli: pub: a server that goes away for good: what is known and unknown is told, exit code 7 [T7]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  await run(['streams', 'create', 'a', '--server', server.url]);
  const fifo = packetboat(['tail', 'a', '--server', server.url]);
  await fifo.line(/reading a/);
  server.process.kill('SIGSTOP');
  const pub = packetboat(['pub', 'a', 'x', '--timeout', '1s', '--server', server.url]);
  assert.equal((await pub.exited).code, 7, pub.stderr.join('\n'));
  server.process.kill('SIGCONT');
  await fifo.end();
  await server.end();
});

test('cli: tail: a cursor goes on after what was printed [P4]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const to = ['--server', server.url];
  await run(['pub', 'a', '--create', 'zero', 'one', 'two', ...to]);
  const read = async (...words: string[]): Promise<string> =>
    (await run(['tail', 'a', '--cursor', 'me', '--raw', ...words, ...to])).stdout;
  assert.equal(await read('--limit', '2'), 'zeroone');
  assert.equal((await run(['cursors', 'get', 'a', 'me', ...to])).stdout, '2');
  assert.equal(await read('--until-caught-up'), 'two');
  assert.equal(await read('--until-caught-up'), '');
  assert.equal((await run(['cursors', 'delete', 'a', 'me', ...to])).code, 0);
  assert.equal((await run(['cursors', 'get', 'a', 'me', ...to])).code, 3);
  await server.end();
});

test('cli: tail: a server that is killed and comes back: the reading goes on at the exact record, and a person is told [P4]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const to = ['--server', server.url];
  await run(['pub', 'a', '--create', 'zero', 'one', ...to]);
  const tail = packetboat(['tail', 'a', '--from', 'start', ...to]);
  await tail.line(/ one$/);
  await server.end('SIGKILL');
  await tail.line(/the link to http:\S+ is down: .*; trying again in/);
  const again = await serve(folder.path, ['--port', new URL(server.url).port]);
  await run(['pub', 'a', 'two', ...to]);
  await tail.line(/ two$/);
  assert.ok(tail.stderr.some((line) => /connected to http:\S+ again after/.test(line)));
  assert.deepEqual(
    tail.stdout.map((line) => line.trim().split(/\s+/)[0]),
    ['0', '1', '2'],
  );
  await tail.end();
  await again.end();
});

test('cli: streams: list, info, trim and delete tell what is there, for machines too', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const to = ['--server', server.url];
  for (const name of ['rooms/b', 'rooms/a', 'logs/x']) await run(['streams', 'create', name, ...to]);
  const { stdout } = await run(['streams', 'list', 'rooms/', '--json', ...to]);
  assert.deepEqual(
    stdout.split('\n').map((line) => JSON.parse(line).stream),
    ['rooms/a', 'rooms/b'],
  );
  assert.match((await run(['streams', 'list', ...to])).stdout, /^STREAM +RECORDS/);
  await run(['pub', 'rooms/a', 'x', ...to]);
  await run(['pub', 'rooms/a', 'y', ...to]);
  assert.equal(JSON.parse((await run(['streams', 'trim', 'rooms/a', '1', '--json', ...to])).stdout).first, 1);
  const verified = await run(['streams', 'verify', 'rooms/a', '--json', ...to]);
  assert.deepEqual([verified.code, JSON.parse(verified.stdout).equal], [0, true], verified.stderr);
  assert.match(
    (await run(['tail', 'rooms/a', '--until-caught-up', ...to])).stdout,
    /1 record lost \(number 0\): retention/,
  );
  assert.equal((await run(['streams', 'delete', 'rooms/a', '--yes', ...to])).code, 0);
  const gone = await run(['streams', 'info', 'rooms/a', ...to]);
  assert.deepEqual([gone.code, gone.stdout], [3, '']);
  await server.end();
});

test('cli: verify: equal and complete when the stream holds what the sensor made, else exit code 1 [P5]', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const spool = join(folder.path, 'spool');
  const to = ['--server', server.url];
  const sample = (name: string, input: string) =>
    run(['sensor', name, '--source', 'stdin', '--spool', spool], { input });
  const verify = async (name: string) =>
    run(['streams', 'verify', `sensors/${name}`, '--spool', spool, '--json', ...to]);

  assert.equal((await sample('good', '1.0 2.0\n3.0 4.0\n')).code, 0);
  const shipped = await run(['ship', 'good', '--until-empty', '--spool', spool, ...to]);
  assert.equal(shipped.code, 0, shipped.stderr);
  assert.match(shipped.stdout, /^ACK \d{19}\nACK \d{19}$/);
  const equal = await verify('good');
  assert.deepEqual([equal.code, JSON.parse(equal.stdout).problems], [0, []]);
  assert.match(
    (await run(['streams', 'verify', 'sensors/good', '--spool', spool, ...to])).stdout,
    /equal and complete: 2 records/,
  );

  await sample('good', '5.0 6.0\n');
  const waiting = await verify('good');
  assert.deepEqual([waiting.code, JSON.parse(waiting.stdout).complete], [1, false]);

  await run(['streams', 'create', 'sensors/bad', '--content-type', 'text/plain', ...to]);
  await run(['pub', 'sensors/bad', 'a stranger was first', ...to]);
  await sample('bad', '1.0 2.0\n');
  await run(['ship', 'bad', '--until-empty', '--spool', spool, ...to]);
  const different = await verify('bad');
  assert.deepEqual([different.code, JSON.parse(different.stdout).equal], [1, false], different.stderr);
  await server.end();
});

test('cli: import: 17 records of the sample with gutter numbers and torn lines, twice: stored once, the rest set aside [S0.6] [S0.7]', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const to = ['--server', server.url];
  const records = Array.from(
    { length: 17 },
    (_, index) => `paul ${index + 2}.0 64.${index % 9} 16120912351127300${String(index).padStart(2, '0')}`,
  );
  const file = join(folder.path, 'paul.log');
  const gutters = new Set([10, 11, 13, 15]);
  const listing = records.map((record, index) => (gutters.has(index) ? `${index + 1}  ${record}` : `   ${record}`));
  await writeFile(file, `${listing.join('\n')}\n\npaul 4.0 64.2 16120\nnonsense\n`);
  for (let turn = 1; turn <= 2; turn++) {
    const { code, stdout, stderr } = await run(['import', file, '--json', ...to]);
    assert.equal(code, 0, stderr);
    const { records: stored, rejected, rejectedFile } = JSON.parse(stdout);
    assert.deepEqual([stored, rejected, rejectedFile], [17, 2, `${file}.rejected.jsonl`]);
  }
  const { stdout } = await run(['tail', 'sensors/paul', '--until-caught-up', '--raw', ...to]);
  assert.equal(stdout, records.join('\n'));
  assert.match(await readFile(`${file}.rejected.jsonl`, 'utf8'), /nonsense/);
  await server.end();
});

test('cli: ship: a first signal waits for receipts on their way, a second one ends at once', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const spool = join(folder.path, 'spool');
  const sensor = packetboat(['sensor', 'paul', '--interval', '20ms', '--spool', spool]);
  const ship = packetboat(['ship', 'paul', '--spool', spool, '--server', server.url]);
  await ship.line(/^ACK /);
  server.process.kill('SIGSTOP');
  const status = () => readSpoolStatus({ folder: join(spool, 'paul'), world: nodeWorld });
  while (status().sealedCount === status().acknowledged) await pause(20);
  await sensor.end();
  // Signals that follow at once are taken for one: so it is sent until it counts as a second.
  const sending = setInterval(() => ship.process.kill('SIGINT'), 50);
  assert.equal((await ship.exited).code, 130);
  clearInterval(sending);
  server.process.kill('SIGCONT');
  // What was under way is shipped by the next life, once.
  assert.equal((await run(['ship', 'paul', '--until-empty', '--spool', spool, '--server', server.url])).code, 0);
  const verified = await run(['streams', 'verify', 'sensors/paul', '--spool', spool, '--server', server.url]);
  assert.equal(verified.code, 0, verified.stdout);
  assert.equal((await server.end()).code, 0);
});

test('cli: serve --sensor: samples this machine and says where to look', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path, ['--sensor', 'me', '--interval', '50ms', '--log-format', 'pretty']);
  await server.line(/npx packetboat tail sensors\/me --server http/);
  await server.line(/\/metrics$/);
  const { code, stdout } = await run(['tail', 'sensors/me', '--limit', '3', '--raw', '--server', server.url]);
  assert.equal(code, 0);
  assert.match(stdout, /^(?:me \d+\.\d \d+\.\d \d{19}\n?){3,}$/);
  assert.equal((await server.end('SIGINT')).code, 0);
});

test('cli: agent: ships its samples and hands what arrives in its inbox to a command [C0.5]', async () => {
  await using folder = await tempFolder();
  const server = await serve(join(folder.path, 'data'));
  const to = ['--server', server.url];
  const got = join(folder.path, 'got');
  const command = `cat >> ${got}; echo " $PACKETBOAT_OFFSET" >> ${got}; echo handled >&2`;
  await run(['pub', 'devices/valve/inbox', '--create', 'open', 'shut', ...to]);
  const agent = packetboat([
    'agent',
    'valve',
    '--spool',
    join(folder.path, 'spool'),
    '--interval',
    '50ms',
    '--inbox-command',
    command,
    ...to,
  ]);
  await agent.line(/^ACK /);
  while ((await run(['cursors', 'get', 'devices/valve/inbox', 'agent', ...to])).stdout !== '2') await pause(50);
  assert.equal(await readFile(got, 'utf8'), 'open 0\nshut 1\n');
  assert.equal((await agent.end('SIGTERM')).code, 0, agent.stderr.join('\n'));
  await server.end();
});

test('cli: backup, check and restore: a live backup is whole, and a restored store serves it', async () => {
  await using folder = await tempFolder();
  const data = join(folder.path, 'data');
  const copy = join(folder.path, 'copy');
  const restored = join(folder.path, 'restored');
  const server = await serve(data);
  await run(['pub', 'a', '--create', 'zero', 'one', '--server', server.url]);
  assert.deepEqual((await run(['check', '--data', data])).code, 3, 'a store in use is not checked');
  const made = await run(['backup', copy, '--data', data]);
  assert.equal(made.code, 0, made.stderr);
  assert.equal((await run(['backup', copy, '--data', data])).code, 5, 'a backup never overwrites');
  await server.end();
  const checked = await run(['check', '--data', copy, '--json']);
  assert.deepEqual([checked.code, JSON.parse(checked.stdout).records], [0, 2], checked.stderr);
  assert.match((await run(['check', '--data', data])).stdout, /nothing is wrong$/);
  assert.equal((await run(['restore', copy, '--data', restored])).code, 0);
  const again = await serve(restored);
  const { stdout } = await run(['tail', 'a', '--until-caught-up', '--raw', '--server', again.url]);
  assert.equal(stdout, 'zeroone');
  await again.end();
  assert.equal((await run(['check', '--data', join(folder.path, 'none')])).code, 3);
});

test('cli: check: a flipped byte is found and named, with exit code 3 [F14]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  await run(['pub', 'a', '--create', 'precious '.repeat(100), '--server', server.url]);
  await server.end();
  const path = join(folder.path, 'store.db');
  const bytes = await readFile(path);
  const at = bytes.indexOf('precious precious');
  assert.notEqual(at, -1);
  bytes[at] = 0;
  await writeFile(path, bytes);
  const { code, stdout } = await run(['check', '--data', folder.path]);
  assert.equal(code, 3);
  assert.match(stdout, /^damaged: "a", segment 0: .*\n\d+ problems? found: restore a backup$/ms);
});
