import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { FakeSpool, VirtualWorld } from '@packetboat/core/testing';
import { type SensorOptions, startSensor } from './sensor.ts';
import { machineSource } from './sources/machine.ts';
import type { Source, SourceChunk, SourceContext } from './sources/source.ts';
import { advanceUntil } from './testing/advance_until.ts';

let folder: string;
let virtual: VirtualWorld;
let spool: FakeSpool;
let problems: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-sensor-'));
  virtual = new VirtualWorld();
  spool = new FakeSpool();
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(source: Source, options: Partial<SensorOptions> = {}) {
  return startSensor({
    name: 'paul',
    source,
    spool,
    world: virtual.world,
    deadLetterPath: join(folder, 'dead-letters.jsonl'),
    onProblem: (message) => problems.push(message),
    ...options,
  });
}

const values = (text: string): SourceChunk => ({ entries: [{ kind: 'values', text }] });

/** Yields what is in `chunks`, then ends. */
function chunksSource(chunks: readonly SourceChunk[], seen: (context: SourceContext) => void = () => {}): Source {
  return {
    async *read(context) {
      seen(context);
      yield* chunks;
    },
  };
}

/** Samples a counter at each tick. */
function counterSource(): Source {
  return {
    async *read({ ticks }) {
      let count = 0;
      for await (const _ of ticks()) yield values(`${count++}.0`);
    },
  };
}

test('startSensor stores one line per interval: name, values, nanoseconds (S0.4, S0.5)', async () => {
  const stored: string[] = [];
  const sensor = start(machineSource(), { onStored: (line) => stored.push(line) });
  await virtual.advance(10_000);
  await sensor.stop();
  assert.equal(spool.records.length, 10);
  for (const line of spool.lines()) assert.match(line, /^paul \d+\.\d \d+\.\d \d{19}\n$/);
  assert.deepEqual(
    spool.records.map(({ timeNs }) => timeNs),
    Array.from({ length: 10 }, (_, index) => 1_600_000_000_000_000_000n + BigInt(index + 1) * 1_000_000_000n),
  );
  assert.deepEqual(
    stored.map((line) => `${line}\n`),
    spool.lines(),
  );
  assert.equal(sensor.counts.stored, 10);
  assert.equal(virtual.pendingTimers, 0);
});

test('startSensor keeps times exact to the nanosecond and two records of one nanosecond apart (S0.9, T1)', async () => {
  let wallNs = 1_612_091_235_112_730_001n;
  const world = { ...virtual.world, clock: { ...virtual.world.clock, wallNs: () => wallNs } };
  const source: Source = {
    async *read() {
      yield { entries: [...values('4.0').entries, ...values('4.0').entries] };
      wallNs += 1n;
      yield values('2.0');
      wallNs -= 3_600_000_000_000n;
      yield values('1.0');
    },
  };
  await start(source, { world }).done;
  assert.deepEqual(spool.lines(), [
    'paul 4.0 1612091235112730001\n',
    'paul 4.0 1612091235112730001\n',
    'paul 2.0 1612091235112730002\n',
    'paul 1.0 1612087635112730002\n',
  ]);
});

test('startSensor sets aside what is no record, before its mark passes it [A0.6]', async () => {
  const source = chunksSource([
    {
      entries: [...values('1').entries, { kind: 'rejected', bytes: Buffer.from('gar'), reason: 'badLine' }],
      mark: 'a',
    },
    { entries: [], mark: 'b' },
  ]);
  const sensor = start(source);
  await sensor.done;
  assert.equal(spool.records.length, 1);
  assert.equal(await spool.mark(), 'b');
  assert.equal(readFileSync(join(folder, 'dead-letters.jsonl'), 'utf8'), '{"reason":"badLine","line":"gar"}\n');
  assert.deepEqual({ ...sensor.counts }, { stored: 1, rejected: 1, skipped: 0, problems: 1, unstored: 0 });
});

test('startSensor gives its source the mark of an earlier life', async () => {
  await spool.put([], 'there');
  let mark: string | undefined;
  await start(chunksSource([], (context) => (mark = context.mark))).done;
  assert.equal(mark, 'there');
});

test('startSensor keeps what it has while the spool is full, skips ticks, and goes on by itself', async () => {
  const full = new PacketboatError('spoolFull', 'The spool is full');
  spool.failures.push(full, full, full, full);
  const wide: Source = {
    async *read({ ticks }) {
      let count = 0;
      for await (const _ of ticks()) yield values(`${count++} ${'x'.repeat(600_000)}`);
    },
  };
  const sensor = start(wide);
  await virtual.advance(60_000);
  await sensor.stop();
  const counts = spool.lines().map((line) => Number(line.split(' ')[1]));
  assert.deepEqual(
    counts,
    counts.map((_, index) => index),
  );
  assert.equal(counts.length + sensor.counts.skipped, 60);
  assert.ok(sensor.counts.skipped > 0);
  assert.match(problems.join('\n'), /No room for new records, trying again: The spool is full/);
});

test('startSensor stores nothing behind records that it gives up at a stop', async () => {
  // The last attempt at the stop fails too; the next one would succeed.
  spool.failures.push(new PacketboatError('diskFull', 'No space'), new PacketboatError('diskFull', 'No space'));
  const source: Source = {
    async *read({ ticks }) {
      let count = 0;
      for await (const _ of ticks()) {
        count++;
        yield { ...values(String(count)), mark: String(count) };
      }
    },
  };
  const sensor = start(source, { intervalMs: 50 });
  await virtual.advance(210);
  await sensor.stop();
  assert.deepEqual(spool.lines(), []);
  assert.equal(await spool.mark(), undefined);
  assert.equal(sensor.counts.unstored, 4);
  assert.match(problems.join('\n'), /Stopped without room for 4 records/);
});

test('startSensor ends with the reason when the spool fails for good, or the source does', async () => {
  spool.failures.push(new PacketboatError('storeFailed', 'A sync failed'));
  const sensor = start(counterSource());
  await virtual.advance(1_000);
  await assert.rejects(sensor.done, { code: 'storeFailed' });
  await sensor.stop();
  assert.equal(virtual.pendingTimers, 0);

  const source: Source = {
    async *read() {
      yield values('1');
      throw new Error('no such device');
    },
  };
  await assert.rejects(start(source).done, /no such device/);
  assert.equal(spool.records.length, 1);
});

test('startSensor tells a hole in its samples, as after a suspension', async () => {
  const sleepy: Source = {
    async *read({ ticks, world }) {
      for await (const _ of ticks()) {
        const awake = Promise.withResolvers<void>();
        world.timers.after(7_500, awake.resolve);
        await awake.promise;
        yield values('1');
      }
    },
  };
  const sensor = start(sleepy);
  await virtual.advance(18_000);
  await advanceUntil(virtual, sensor.stop());
  assert.match(problems.join('\n'), /6 samples were skipped/);
});

test('startSensor refuses names that cannot stand in a line (S0.8)', () => {
  for (const name of ['../x', 'a b', '']) assert.throws(() => start(counterSource(), { name }), { code: 'badName' });
});
