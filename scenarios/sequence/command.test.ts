/** `packetboat sequence` as a user runs it: real processes, real sockets, links that break. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { metric, metricIs } from '../support/metrics.ts';
import { packetboat, run, type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

const success = 'system - SUCCESS! local checksum and server checksum are equal';
const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function folder(): Promise<string> {
  const temp = await tempFolder();
  endings.push(async () => temp[Symbol.asyncDispose]());
  return temp.path;
}

async function server(args: readonly string[] = [], path?: string): Promise<Running & { url: string }> {
  const running = await serve(path ?? (await folder()), args);
  endings.push(() => running.end('SIGKILL'));
  return running;
}

/** A link to `url` that can be broken. */
async function link(url: string): Promise<Proxy & { readonly url: string }> {
  const { hostname: host, port } = new URL(url);
  const target = { host, port: Number(port) };
  const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld });
  endings.push(() => proxy.stop());
  return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
}

function sequence(url: string, n: number, ...args: readonly string[]): Running {
  const running = packetboat(['sequence', String(n), '--server', url, '--tick-ms', '50', ...args]);
  endings.push(() => running.end('SIGKILL'));
  return running;
}

/** The numbers that were printed, in order. */
function numbers({ stdout }: Running): { readonly count: number; readonly value: string }[] {
  const lines = stdout.map((line) => /^\[(\d+)\] number: (\d+)$/.exec(line)).filter((match) => match !== null);
  return lines.map(([, count = '', value = '']) => ({ count: Number(count), value }));
}

/** It printed every number once and in order, and the sums are equal. */
async function assertSuccess(running: Running, n: number): Promise<void> {
  const { code } = await running.exited;
  assert.equal(code, 0, running.printed.join('\n'));
  const expected = Array.from({ length: n }, (_, index) => index + 1);
  assert.deepEqual(
    numbers(running).map(({ count }) => count),
    expected,
  );
  const [local, remote, verdict] = running.stdout.slice(-3);
  assert.equal(verdict, success);
  assert.match(local ?? '', /^local checksum: ([0-9a-f]{8}|[0-9a-f]{64})$/);
  assert.equal(remote, local?.replace('local', 'server'));
}

test('sequence command: 10 numbers without a proxy: both checksums, the line, exit 0, in both logs too [S2.6] [S2.7] [S2.18] [A2.1] [C2.4] [C2.7] [C2.8]', async () => {
  const here = await server();
  const { url } = here;
  const logFile = join(await folder(), 'logs', 'app.log');
  const running = sequence(url, 10, '--algorithm', 'sha-256', '--log-file', logFile);
  await assertSuccess(running, 10);
  const log = await readFile(logFile, 'utf8');
  assert.ok(log.includes(success));
  assert.ok(!log.includes('heartbeat'), 'info does not show heartbeats');
  await here.line(/"a sequence arrived whole"/);
  // The farewell is on its way when the command ends.
  await metricIs(url, 'sessions_detached', (count) => count === 0);
});

test('sequence command: the proxy is killed at number 3 and started again: success [S2.9] [S2.22] [S2.24] [S2.26] [A2.2]', async () => {
  const { url } = await server();
  const target = new URL(url).port;
  let proxy = packetboat(['proxy', '0', target]);
  endings.push(() => proxy.end('SIGKILL'));
  const [, port = ''] = await proxy.line(/listening on 127\.0\.0\.1:(\d+)/);
  const running = sequence(`http://127.0.0.1:${port}`, 20);
  await running.line(/^\[3\] /);
  await proxy.end('SIGKILL');
  await running.line(/is down: .*; waiting, retrying in \d+\.\d s/);
  proxy = packetboat(['proxy', port, target]);
  await assertSuccess(running, 20);
  await running.line(/connected to .* again after .*; resumed at number \d+/);
});

test('sequence command: away for longer than the window: FAIL with the reason, exit 8, nothing is kept [S2.12] [S2.20] [S2.27] [A2.3] [C2.2]', async () => {
  const { url } = await server(['--window-ms', '300']);
  const proxy = await link(url);
  const running = sequence(proxy.url, 100);
  await running.line(/^\[3\] /);
  proxy.add({ fault: 'down' });
  await metricIs(url, 'sessions_expired_total', (count) => count === 1);
  await proxy.clear();
  assert.equal((await running.exited).code, 8);
  assert.match(running.stdout.at(-1) ?? '', /^system - FAIL! .*away for longer than its window/);
  assert.equal(running.stderr.at(-1), 'Start the command again for a new sequence.');
  assert.equal(await metric(url, 'sessions_detached'), 0);
  assert.equal(await metric(url, 'sequences'), 0);
});

test('sequence command: a black hole: noticed by heartbeats alone, and it goes on [S2.14] [S2.19] [A2.5]', async () => {
  const { url } = await server(['--heartbeat-ms', '100', '--window-ms', '20000']);
  const proxy = await link(url);
  const running = sequence(proxy.url, 20);
  await running.line(/^\[3\] /);
  proxy.add({ fault: 'timeout', timeoutMs: 0 });
  await running.line(/is down: The server was silent for too long/);
  await metricIs(url, 'sessions_detached', (count) => count === 1);
  await proxy.clear();
  await assertSuccess(running, 20);
});

test('sequence command: killed and started again with its id: goes on, the same numbers [A2.7] [C2.9]', async () => {
  const { url } = await server();
  const state = ['--id', 'my laptop', '--state', await folder()];
  const first = sequence(url, 40, ...state);
  await first.line(/^\[7\] /);
  await first.end('SIGKILL');
  const second = sequence(url, 40, ...state);
  assert.equal((await second.exited).code, 0, second.printed.join('\n'));
  await second.line(/resumed at number \d+: \d+ numbers? from before/);
  assert.equal(second.stdout.at(-1), success);
  const all = [...numbers(first), ...numbers(second)];
  const byCount = new Map(all.map(({ count, value }) => [count, value]));
  assert.equal(byCount.size, 40);
  for (const { count, value } of all) assert.equal(byCount.get(count), value);
});

test('sequence command: started again with its id and another n: FAIL, exit 5, and the first goes on as it was [A2.7]', async () => {
  const { url } = await server();
  const state = ['--id', 'other', '--state', await folder()];
  const first = sequence(url, 20, ...state);
  await first.line(/^\[3\] /);
  await first.end('SIGKILL');
  const other = sequence(url, 21, ...state);
  assert.equal((await other.exited).code, 5);
  assert.match(other.stdout.at(-1) ?? '', /^system - FAIL! The session has another sequence, .*20 numbers/);
  assert.equal(other.stderr.at(-1), 'Start the command again as before, or with another --id.');
  const again = sequence(url, 20, ...state);
  assert.equal((await again.exited).code, 0, again.printed.join('\n'));
});

test('sequence command: the same id in two places: the first ends, exactly one goes on [A2.7]', async () => {
  const { url } = await server();
  const state = ['--id', 'twice', '--state', await folder()];
  // Long enough for the second to start while the first goes on.
  const first = sequence(url, 120, ...state);
  await first.line(/^\[1\] /);
  const second = sequence(url, 120, ...state);
  assert.equal((await first.exited).code, 5);
  assert.match(first.stdout.at(-1) ?? '', /^system - FAIL! Another connection has taken over/);
  assert.equal((await second.exited).code, 0, second.printed.join('\n'));
  assert.equal(await metric(url, 'sessions_taken_over_total'), 1);
});

test('sequence command: the same new id in two places at one moment: exactly one goes on, and a third after both were killed [A2.7] [C2.9]', async () => {
  const path = await folder();
  const before = await server([], path);
  await before.end('SIGKILL');
  const state = ['--id', 'twins', '--state', await folder()];
  const twins = [sequence(before.url, 100, ...state), sequence(before.url, 100, ...state)];
  for (const twin of twins) await twin.line(/^cannot reach/);
  await server(['--port', new URL(before.url).port], path);
  const ended = await Promise.race(twins.map(async (twin) => (await twin.exited, twin)));
  assert.equal((await ended.exited).code, 5);
  assert.match(ended.stdout.at(-1) ?? '', /^system - FAIL! Another connection has taken over/);
  const [other] = twins.filter((twin) => twin !== ended);
  await other?.line(/^\[1?\d\] /);
  await other?.end('SIGKILL');
  const third = sequence(before.url, 100, ...state);
  assert.equal((await third.exited).code, 0, third.printed.join('\n'));
  await third.line(/numbers? from before/);
  const all = [...twins, third].flatMap(numbers);
  const byCount = new Map(all.map(({ count, value }) => [count, value]));
  assert.equal(byCount.size, 100);
  for (const { count, value } of all) assert.equal(byCount.get(count), value);
});

test('sequence command: the server is killed and started again on its port: goes on [S2.21] [A2.8]', async () => {
  const path = await folder();
  const first = await server([], path);
  const running = sequence(first.url, 30);
  await running.line(/^\[5\] /);
  await first.end('SIGKILL');
  await server(['--port', new URL(first.url).port], path);
  await assertSuccess(running, 30);
});

/** Relays to `url`, and flips one bit of the value of the third number. */
async function corruptingLink(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  let seen = 0;
  const relay = createServer((client) => {
    const target = connectSocket(Number(port), hostname);
    client.pipe(target);
    target.on('data', (chunk: Buffer) => {
      // The last digit: the number stays one.
      const at = chunk.toString('latin1').search(/(?<="value":\d*)\d(?!\d)/);
      if (at !== -1 && ++seen === 3) chunk.writeUInt8(chunk.readUInt8(at) ^ 1, at);
      client.write(chunk);
    });
    for (const socket of [client, target]) {
      socket.on('error', () => {});
      socket.on('close', () => (client.destroy(), target.destroy()));
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  endings.push(() => new Promise((resolve) => relay.close(resolve)));
  return `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
}

test('sequence command: one bit of one number is flipped on the way: FAIL, exit 1 [A2.10]', async () => {
  const { url } = await server();
  const running = sequence(await corruptingLink(url), 6);
  assert.equal((await running.exited).code, 1, running.printed.join('\n'));
  assert.equal(numbers(running).length, 6);
  assert.equal(running.stdout.at(-1), 'system - FAIL! local checksum and server checksum are not equal');
});

test('sequence command: --log-level debug shows heartbeats, as often as the server says [S2.17] [S2.19]', async () => {
  const { url } = await server(['--heartbeat-ms', '40', '--log-level', 'silent']);
  const running = sequence(url, 2, '--tick-ms', '500', '--log-level', 'debug');
  await assertSuccess(running, 2);
  const heartbeats = running.stderr.filter((line) => line.includes('"received":"heartbeat"'));
  assert.ok(heartbeats.length >= 5, `${heartbeats.length} heartbeats in a second`);
});

test('sequence command: heartbeats and numbers flow at the same time [S2.15]', async () => {
  const { url } = await server(['--heartbeat-ms', '20']);
  const running = sequence(url, 20, '--log-level', 'debug');
  await assertSuccess(running, 20);
  const between = running.stderr.slice(
    running.stderr.findIndex((line) => line.includes('"received":"number"')),
    running.stderr.findLastIndex((line) => line.includes('"received":"number"')),
  );
  for (const how of ['sent', 'received']) {
    assert.ok(between.filter((line) => line.includes(`"${how}":"heartbeat"`)).length >= 10, how);
  }
});

test('sequence command: debug of the server shows the states of sessions, info does not [S2.17]', async () => {
  const states = /"a session (is new|goes on|has lost its link)"/;
  for (const [level, expected] of [
    ['debug', ['is new', 'has lost its link', 'goes on']],
    ['info', []],
  ] as const) {
    const here = await server(['--log-level', level]);
    const proxy = await link(here.url);
    const running = sequence(proxy.url, 10);
    await running.line(/^\[3\] /);
    proxy.cut();
    await assertSuccess(running, 10);
    assert.deepEqual(
      here.stderr.flatMap((line) => states.exec(line)?.[1] ?? []),
      expected,
    );
  }
});

test('sequence command: away: it tries at least every second, so that it does not miss a short window [S2.9] [S2.20]', async () => {
  const { url } = await server();
  const proxy = await link(url);
  const running = sequence(proxy.url, 10, '--log-level', 'debug');
  await running.line(/^\[3\] /);
  proxy.add({ fault: 'down' });
  await running.line(/attempt 6 in /);
  await proxy.clear();
  await assertSuccess(running, 10);
  const waits = running.stderr.flatMap((line) => /attempt \d+ in (\d+\.\d) s/.exec(line)?.[1] ?? []);
  assert.ok(waits.length >= 5);
  for (const wait of waits) assert.ok(Number(wait) <= 1, `${wait} s`);
});

test('sequence command: Ctrl-C: the session is over on both sides', async () => {
  const { url } = await server();
  const running = sequence(url, 100);
  await running.line(/^\[2\] /);
  assert.equal((await running.end('SIGINT')).code, 130);
  await metricIs(url, 'sessions_ended_total', (count) => count === 1);
});

test('sequence command: SIGTERM with an id, also while the link is down: says that it can go on, and does; what it made is gone then, and nothing else [C2.9]', async () => {
  const { url } = await server();
  const proxy = await link(url);
  const states = await folder();
  // Somebody keeps notes where the command keeps its own.
  const here = join(states, 'notes');
  await mkdir(here);
  await writeFile(join(here, 'diary.txt'), 'dear diary');
  const start = () => sequence(proxy.url, 30, '--id', 'notes', '--state', states);
  const first = start();
  await first.line(/^\[3\] /);
  assert.equal((await first.end('SIGTERM')).code, 143);
  proxy.add({ fault: 'down' });
  const second = start();
  await second.line(/^cannot reach/);
  assert.equal((await second.end('SIGINT')).code, 130);
  await proxy.clear();
  for (const { stderr } of [first, second]) assert.match(stderr.at(-1) ?? '', /^Interrupted; .* goes on/);
  assert.equal(await metric(url, 'sessions_ended_total'), 0);
  const third = start();
  assert.equal((await third.exited).code, 0, third.printed.join('\n'));
  assert.deepEqual(
    [...numbers(first), ...numbers(third)].map(({ count }) => count),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  assert.deepEqual(await readdir(here), ['diary.txt']);
});

for (const args of [
  ['0'],
  ['-1'],
  ['65536'],
  ['x'],
  ['1.5'],
  ['5', '--tick-ms', 'x'],
  ['5', '--algorithm', 'md5'],
  ['5', '6'],
  ['5', '--id', ''],
  ['5', '--state', 'x'],
]) {
  test(`sequence command: ${args.join(' ')}: called wrongly [S2.4]`, async () => {
    const { code, stdout } = await run(['sequence', '--server', 'http://127.0.0.1:1', ...args]);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

for (const args of [
  ['--heartbeat-ms', '0'],
  ['--heartbeat-ms', 'x'],
  ['--window-ms', '-1'],
  ['--window-ms', '86400001'],
]) {
  test(`sequence command: serve ${args.join(' ')}: called wrongly [S2.19] [S2.20]`, async () => {
    assert.equal((await run(['serve', '--store', 'memory', ...args])).code, 2);
  });
}
