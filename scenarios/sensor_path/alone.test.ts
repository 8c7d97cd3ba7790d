/** Three programs that need nothing of each other to live. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Running } from '../support/packetboat.ts';
import { ackOf, Harbour, interrupt, linesOf, printed } from './harbour.ts';

test('sensor path: started in the wrong order: the shipper waits for spool and server, says so, then delivers [S0.1] [S0.11] [C0.2]', async () => {
  await using harbour = await Harbour.open();
  const before = await harbour.serve();
  const port = new URL(before.url).port;
  await interrupt(before);
  const shipper = harbour.ship('paul', before.url);
  await shipper.line(/nothing is waiting/);
  await shipper.line(/Cannot reach .*retry in \d+ s/);
  await harbour.serve(['--port', port]);
  await shipper.line(/connected again; nothing is waiting/);
  const sensor = harbour.sensor('paul', ['--interval', '10ms', '--print']);
  await printed(shipper, 10);
  await interrupt(sensor);
  await printed(shipper, sensor.stdout.length);
  assert.deepEqual(shipper.stdout, sensor.stdout.map(ackOf));
});

test('sensor path: each of the three is killed in turn: the other two go on, and it takes up where it was [S0.1] [C0.2] [C0.3] [P1] [P2]', async () => {
  await using harbour = await Harbour.open();
  let server = await harbour.serve();
  const { url } = server;
  const port = new URL(url).port;
  let shipper = harbour.ship('paul', url);
  let sensor = harbour.sensor('paul', ['--interval', '10ms', '--print']);
  const acks = new Set<string>();
  await more(shipper, 5);

  await server.end('SIGKILL');
  await more(sensor, 10);
  await shipper.line(/retry in \d+ s/);
  server = await harbour.serve(['--port', port]);
  await more(shipper, 10);

  await shipper.end('SIGKILL');
  await more(sensor, 10);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  for (const ack of shipper.stdout) acks.add(ack);
  shipper = harbour.ship('paul', url);
  await more(shipper, 10);

  await sensor.end('SIGKILL');
  const printedByFirst = sensor.stdout;
  await harbour.until(() => harbour.waiting('paul') === 0);
  assert.equal(shipper.process.exitCode, null);
  sensor = harbour.sensor('paul', ['--interval', '10ms', '--print']);
  await more(sensor, 10);
  await interrupt(sensor);
  await harbour.until(() => harbour.waiting('paul') === 0);

  const stored = (await harbour.read(url, 'sensors/paul')).map((line) => line.trimEnd());
  const told = [...printedByFirst, ...sensor.stdout];
  // What was stored and not yet printed when the sensor was killed is there too.
  assert.deepEqual(stored.slice(0, printedByFirst.length), printedByFirst);
  assert.deepEqual(stored.slice(-sensor.stdout.length), sensor.stdout);
  assert.ok(stored.length >= told.length);
  for (const ack of shipper.stdout) acks.add(ack);
  assert.deepEqual([...acks], stored.map(ackOf));
  assert.equal((await harbour.verify('paul', url)).equal, true);
});

test('sensor path: server down with 500 records queued, the shipper killed twice meanwhile: each is stored once, nothing waits [A0.2] [S0.17] [C0.3] [P2] [F9]', async () => {
  await using harbour = await Harbour.open();
  const before = await harbour.serve();
  await interrupt(before);
  const lines = linesOf('paul', 500);
  await harbour.feed('paul', lines);
  for (let life = 1; life <= 2; life++) {
    const shipper = harbour.ship('paul', before.url);
    await shipper.line(/Cannot reach .*waiting: 500 records/);
    await shipper.end('SIGKILL');
  }
  const shipper = harbour.ship('paul', before.url, ['--until-empty']);
  await harbour.serve(['--port', new URL(before.url).port]);
  assert.equal((await shipper.exited).code, 0);
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(before.url, 'sensors/paul'), lines);
  const { records, spool, equal } = await harbour.verify('paul', before.url);
  assert.deepEqual([records, spool?.waiting, equal], [500, 0, true]);
});

/** Settles once `running` has printed `count` lines more than now. */
function more(running: Running, count: number): Promise<void> {
  return printed(running, running.stdout.length + count);
}
