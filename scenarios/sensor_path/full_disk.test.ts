/** Disks that are full for a while, on both sides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../support/packetboat.ts';
import { noSmallDisks, SmallDisk } from '../support/small_disk.ts';
import { ackOf, Harbour, interrupt, linesOf, printed } from './harbour.ts';

const skip = noSmallDisks() ?? false;
const small = ['--ballast-bytes', '1MiB'];

async function post(url: string, line: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { method: 'POST', body: line });
  return { status: response.status, body: await response.text() };
}

test('sensor path: the server’s disk is full: no ACK and a clear error at every door, reading and cursors go on, also after a kill; with room again everything goes on by itself [A0.10] [P1] [P8]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const disk = await SmallDisk.mount(harbour.path('disk'), 12_000_000);
  harbour.defer(() => disk[Symbol.asyncDispose]());
  const data = ['--data', `${disk.path}/data`, ...small];
  const before = await harbour.serve(data);
  const { url } = before;
  const lines = linesOf('paul', 300);
  const shipper = harbour.ship('paul', url);
  await harbour.feed('paul', lines.slice(0, 100));
  await printed(shipper, 100);

  await disk.fill();
  await harbour.feed('paul', lines.slice(100));
  await shipper.line(/^The server refuses.* disk .*full/);
  assert.deepEqual(await post(url, 'anna 1 1612091235112730000'), { status: 422, body: 'NAK 1 diskFull' });
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /disk/);
  const pub = harbour.start(['pub', 'notes', 'later', '--create', '--server', url]);
  await pub.line(/disk .*full; trying again/);
  assert.deepEqual([shipper.stdout.length, harbour.waiting('paul')], [100, 200]);

  await before.end('SIGKILL');
  const again = await harbour.serve([...data, '--port', new URL(url).port]);
  const tail = ['tail', 'sensors/paul', '--cursor', 'c', '--from', 'cursor', '--until-caught-up', '--raw'];
  const read = await run([...tail, '--server', url]);
  assert.deepEqual([read.code, read.stdout], [0, lines.slice(0, 100).join('').trimEnd()], read.stderr);
  const cursor = await run(['cursors', 'get', 'sensors/paul', 'c', '--server', url]);
  assert.deepEqual([cursor.code, cursor.stdout], [0, '100'], cursor.stderr);

  await disk.empty();
  await printed(shipper, 300);
  assert.equal((await pub.exited).code, 0);
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal((await post(url, 'anna 1 1612091235112730000')).status, 200);
  assert.deepEqual(await harbour.read(url, 'sensors/paul'), lines);
  await interrupt(again);
});

test('sensor path: the sensor’s own disk is full: it says so and lives, and with room again it samples on; nothing that was stored is lost [P6] [P8] [H37]', {
  skip,
}, async () => {
  await using harbour = await Harbour.open();
  const disk = await SmallDisk.mount(harbour.path('spool'), 8_000_000);
  harbour.defer(() => disk[Symbol.asyncDispose]());
  const sensor = harbour.sensor('paul', ['--interval', '20ms', '--print']);
  await printed(sensor, 10);
  await disk.fill();
  await sensor.line(/disk/);
  const stored = sensor.stdout.length;
  await disk.empty();
  await printed(sensor, stored + 10);
  await interrupt(sensor);
  const { url } = await harbour.serve();
  const shipper = harbour.ship('paul', url, ['--until-empty']);
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.deepEqual(
    await harbour.read(url, 'sensors/paul'),
    sensor.stdout.map((line) => `${line}\n`),
  );
  const { equal, complete } = await harbour.verify('paul', url);
  assert.deepEqual([equal, complete], [true, true]);
});
