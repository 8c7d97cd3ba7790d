import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as oneTurn } from 'node:timers/promises';
import { faultTable, parseSchedule } from '@packetboat/proxy';
import { start } from '../sdk/started.ts';
import { packetboat } from '../support/packetboat.ts';

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
