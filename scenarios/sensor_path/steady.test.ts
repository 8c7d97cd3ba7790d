/** The path with nothing in its way. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { ackOf, Harbour, interrupt, linesOf, printed } from './harbour.ts';

const intervalMs = 50;

test('sensor path: steady: what was sampled is stored byte for byte, in order, with one ACK each; Ctrl-C ends all three well [A0.1] [S0.4] [S0.5] [S0.13] [C0.2] [P3] [P5]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const shipper = harbour.ship('paul', server.url);
  const sensor = harbour.sensor('paul', ['--interval', `${intervalMs}ms`, '--print']);
  await printed(sensor, 20);
  await interrupt(sensor);
  const sampled = sensor.stdout;
  await printed(shipper, sampled.length);
  assert.deepEqual(shipper.stdout, sampled.map(ackOf));
  assert.deepEqual(
    await harbour.read(server.url, 'sensors/paul'),
    sampled.map((line) => `${line}\n`),
  );
  for (const line of sampled) {
    const [, cpu, memory] = /^paul (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) \d{19}$/.exec(line) ?? assert.fail(line);
    assert.ok(Number(cpu) <= 100 && Number(memory) <= 100, line);
  }
  assert.equal(medianStepMs(sampled), intervalMs);
  const { records, equal, complete } = await harbour.verify('paul', server.url);
  assert.deepEqual({ records, equal, complete }, { records: sampled.length, equal: true, complete: true });
  await interrupt(shipper);
  assert.match(shipper.stderr.join('\n'), /nothing is waiting\.$/);
  await interrupt(server);
  assert.match(server.stderr.join('\n'), /Stopping/);
});

test('sensor path: a sensor of 1 kHz while 20,000 records drain: as many are stored as were made, and the disk space is given back [A0.5] [S0.15] [S0.16] [P2] [P3]', async () => {
  await using harbour = await Harbour.open();
  const values = '1.5 '.repeat(40);
  const backlog = linesOf('paul', 20_000).map((line) => line.replace('64.1 ', values));
  await harbour.feed('paul', backlog);
  const server = await harbour.serve();
  const full = spoolBytes(harbour);
  const sensor = harbour.sensor('paul', ['--interval', '1ms']);
  const first = harbour.ship('paul', server.url);
  await printed(first, 10_000);
  await first.end('SIGKILL');
  const shipper = harbour.ship('paul', server.url);
  await printed(shipper, 1_000);
  await interrupt(sensor);
  const [, stored] = /stopped: ([\d,]+) records stored/.exec(sensor.stderr.join('\n')) ?? assert.fail();
  const made = backlog.length + Number(stored?.replaceAll(',', ''));
  assert.ok(made > backlog.length, 'the sensor sampled meanwhile');
  await harbour.until(() => harbour.waiting('paul') === 0);
  await interrupt(shipper);
  const verdict = await harbour.verify('paul', server.url);
  assert.deepEqual([verdict.records, verdict.spool?.produced, verdict.equal], [made, made, true]);
  assert.deepEqual([verdict.spool?.waiting, verdict.spool?.lost], [0, 0]);
  const lines = await harbour.read(server.url, 'sensors/paul');
  assert.deepEqual(lines.slice(0, backlog.length), backlog);
  assert.equal(new Set(lines).size, made);
  assert.ok(spoolBytes(harbour) < full / 2, `${spoolBytes(harbour)} of ${full} bytes are still used`);
});

/** The usual time between two samples, in milliseconds, as their own times say. */
function medianStepMs(lines: readonly string[]): number {
  const timesNs = lines.map((line) => BigInt(line.split(' ').at(-1) ?? ''));
  const stepsMs = timesNs.slice(1).map((timeNs, index) => Number(timeNs - (timesNs[index] ?? 0n)) / 1e6);
  const median = stepsMs.toSorted((a, b) => a - b)[Math.trunc(stepsMs.length / 2)] ?? 0;
  return Math.round(median / 10) * 10;
}

function spoolBytes(harbour: Harbour): number {
  return statSync(harbour.path('spool/paul/spool.db')).size;
}
