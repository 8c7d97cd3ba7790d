import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as oneTurn } from 'node:timers/promises';
import { faultTable, parseSchedule } from '@packetboat/proxy';
import { start } from '../sdk/started.ts';
import { packetboat } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

test('proxy: cut after the commit, before receipt 2 leaves: the record is stored, its retry is a duplicate [P2]', async () => {
  await using started = await start();
  const proxy = await started.proxy();
  const schedule = '{"on": "receipt", "nth": 2, "fault": "down", "name": "cut"}';
  const triggered = proxy.run(parseSchedule(schedule, faultTable)).done;
  const client = await started.client({ url: proxy.url });
  const direct = await started.client();
  const producer = await client.producer('numbers', { create: true });
  const first = await producer.publish('1');
  assert.equal(first.duplicate, false);
  const second = producer.publish('2');
  await triggered;
  assert.equal((await direct.streams.info('numbers')).tail, 2);
  await proxy.remove({ name: 'cut' });
  const { duplicate, proof } = await second;
  assert.deepEqual([duplicate, proof.offset], [true, 2]);
  assert.equal((await direct.streams.info('numbers')).tail, 2);
});

test('proxy: random cuts by seed in mid-frame: a producer and a reader get through [P2] [P3]', async () => {
  await using started = await start();
  const proxy = await started.proxy();
  proxy.add({ fault: 'limit_data', bytes: 2_000, spreadBytes: 4_000, how: 'reset' });
  const client = await started.client({ url: proxy.url });
  const producer = await client.producer('numbers', { create: true });
  const reader = client.read('numbers');
  const numbers = Array.from({ length: 300 }, (_, index) => `${index}`);
  const publishing = (async () => {
    for (const number of numbers) {
      await producer.publish(number);
      await oneTurn();
    }
  })();
  const got: string[] = [];
  for await (const { bytes } of reader) {
    got.push(new TextDecoder().decode(bytes));
    if (got.length === numbers.length) break;
  }
  await publishing;
  assert.deepEqual(got, numbers);
  assert.ok(proxy.counters.ends.cut >= 5, `${proxy.counters.ends.cut} cuts`);
});

test('proxy: Ctrl-C and kill -9: forwarding stops, and the same port serves again at once [S2.24] [A2.2]', async () => {
  await using started = await start();
  const server = new URL(started.url).port;
  let proxy = packetboat(['proxy', '0', server]);
  const [, port = ''] = await proxy.line(/listening on 127\.0\.0\.1:(\d+) ->/);
  for (const signal of ['SIGINT', 'SIGKILL', 'SIGINT'] as const) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await proxy.line(/^connection 1: from/);
    await proxy.end(signal);
    await closed;
    await assert.rejects(once(connect(Number(port), '127.0.0.1'), 'connect'), /ECONNREFUSED/);
    proxy = packetboat(['proxy', port, server]);
    await proxy.line(new RegExp(`listening on 127\\.0\\.0\\.1:${port} ->`));
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    await proxy.end('SIGINT');
    proxy = packetboat(['proxy', port, server]);
    await proxy.line(new RegExp(`listening on 127\\.0\\.0\\.1:${port} ->`));
  }
  assert.equal((await proxy.end('SIGTERM')).code, 0);
});

test('proxy: a fault closes the port, and stdin is closed: the proxy stays, and Ctrl-C ends it [S2.24]', async () => {
  await using folder = await tempFolder();
  const schedule = join(folder.path, 'down.jsonl');
  await writeFile(schedule, '{"atMs": 0, "fault": "down"}\n');
  const byTime = packetboat(['proxy', '0', '9', '--schedule', schedule]);
  const byWord = packetboat(['proxy', '0', '9', '--commands'], { input: 'down\n' });
  for (const proxy of [byTime, byWord]) {
    await proxy.line(/^fault down_1: down$/);
    // A process that nothing keeps alive is gone by then.
    const later = packetboat(['--version']).exited;
    assert.equal(await Promise.race([proxy.exited.then(() => 'gone'), later.then(() => 'there')]), 'there');
    assert.equal((await proxy.end('SIGINT')).code, 0);
  }
});

test('proxy: its target changes through the API: the schedule goes on, and ends what it began', async () => {
  await using folder = await tempFolder();
  const schedule = join(folder.path, 'hole.jsonl');
  const steps = [
    '{"atMs": 0, "forMs": 1500, "fault": "timeout", "name": "hole"}',
    '{"on": "connected", "fault": "cut"}',
  ];
  await writeFile(schedule, `${steps.join('\n')}\n`);
  const proxy = packetboat(['proxy', '0', '9', '--schedule', schedule, '--api', '0']);
  const [, api = ''] = await proxy.line(/control API listens on (http:\S+\d)/);
  await proxy.line(/^fault hole: timeout$/);
  const body = JSON.stringify({ upstream: 'localhost:9' });
  assert.equal((await fetch(`${api}/proxies/packetboat`, { method: 'POST', body })).status, 200);
  await proxy.line(/^fault hole is over$/);
  const toxics = await fetch(`${api}/proxies/packetboat/toxics`);
  assert.deepEqual(await toxics.json(), []);
  assert.ok(!proxy.printed.includes('The schedule is at its end.'));
  assert.equal((await proxy.end('SIGINT')).code, 0);
});

test('proxy: 100 clients under a limit of 64 open files: each is served, or closed, told of and counted [F16]', async () => {
  await using started = await start();
  const wrapper = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
  const proxy = packetboat(['proxy', '0', new URL(started.url).port, '--api', '0'], { wrapper });
  const [, port = ''] = await proxy.line(/listening on 127\.0\.0\.1:(\d+) ->/);
  const [, api = ''] = await proxy.line(/control API listens on (http:\S+\d)/);
  const clients = Array.from({ length: 100 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
  const served = await Promise.all(clients.map(isServed));
  const servedCount = served.filter(Boolean).length;
  assert.ok(servedCount >= 5, `${servedCount} were served`);
  await proxy.line(new RegExp(`allows open files for ${servedCount} connections: refusing more`));
  const metrics = await (await fetch(`${api}/metrics`)).text();
  assert.match(metrics, new RegExp(`connections_refused_total\\{proxy="packetboat"\\} ${100 - servedCount}$`, 'm'));
  for (const client of clients) client.destroy();
  assert.equal((await proxy.end('SIGINT')).code, 0);
  await proxy.line(new RegExp(`^Stopped: ${servedCount} connections .*; ${100 - servedCount} refused;`));
  assert.ok(!proxy.printed.some((line) => line.includes('EMFILE')));
});

/** Whether a client gets an answer, before it is closed. */
function isServed(client: Socket): Promise<boolean> {
  client.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return new Promise((resolve) => {
    client.once('data', () => resolve(true));
    client.once('close', () => resolve(false));
  });
}
