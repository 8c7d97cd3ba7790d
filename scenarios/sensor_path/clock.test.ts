/** Times are only data: clocks that jump, and times that differ by nothing or next to nothing. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { run } from '../support/packetboat.ts';
import { ackOf, Harbour, interrupt, missing, printed } from './harbour.ts';

const noFakeTime = await missing('faketime', '--version');

test('sensor path: the clock is set back an hour between samples: all are stored, in the order made [A0.7] [S0.9] [S0.25] [C0.4] [P3]', {
  skip: noFakeTime,
}, async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const { stdout } = await promisify(execFile)('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']);
  const clock = harbour.path('clock');
  writeFileSync(clock, '+0');
  const env = {
    LD_PRELOAD: stdout.trim(),
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const shipper = harbour.ship('paul', server.url);
  const sensor = harbour.sensor('paul', ['--interval', '20ms', '--print'], { env });
  await printed(sensor, 5);
  writeFileSync(`${clock}.new`, '-1h');
  renameSync(`${clock}.new`, clock);
  await printed(sensor, sensor.stdout.length + 5);
  await interrupt(sensor);
  await printed(shipper, sensor.stdout.length);
  const times = sensor.stdout.map((line) => BigInt(line.split(' ').at(-1) ?? ''));
  const stepsBack = times.slice(1).filter((time, index) => time < (times[index] ?? 0n) - 3_500_000_000_000n);
  assert.equal(stepsBack.length, 1, 'the clock was set back');
  assert.deepEqual(
    await harbour.read(server.url, 'sensors/paul'),
    sensor.stdout.map((line) => `${line}\n`),
  );
  assert.deepEqual(shipper.stdout, sensor.stdout.map(ackOf));
});

test('sensor path: two records of one nanosecond, and times one nanosecond apart: distinct on disk, in JSON and at the reader, decimals as written [A0.7] [S0.6] [S0.9] [S0.10] [T1] [T2]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const times = ['0001', '0001', '0000', '0002', '9999'].map((end) => `161209123511273${end}`);
  const lines = times.map((time, index) => `paul ${index}.0 64.${index}0 ${time}\n`);
  await harbour.feed('paul', lines);
  const shipper = harbour.ship('paul', server.url, ['--until-empty', '--ack-format', 'json']);
  assert.equal((await shipper.exited).code, 0);
  const acks = shipper.stdout.map((text) => JSON.parse(text) as { timeNs: string });
  assert.deepEqual(
    acks.map(({ timeNs }) => timeNs),
    times,
  );
  const tail = ['tail', 'sensors/paul', '--from', 'start', '--until-caught-up', '--server', server.url];
  const json = (await run([...tail, '--json'])).stdout.split('\n');
  assert.deepEqual(
    json.map((text) => JSON.parse(text) as object),
    lines.map((text, offset) => ({ offset, timeNs: times[offset], text })),
  );
  assert.equal((await run([...tail, '--raw'])).stdout, lines.join('').trimEnd());
});
