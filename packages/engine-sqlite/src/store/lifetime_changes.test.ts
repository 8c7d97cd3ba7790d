import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import * as fc from 'fast-check';
import { numbered } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk } from './testing/memory_disk.ts';

const ttlMs = 100_000;

/** A store in virtual time that can crash, and stay closed for a while. */
class Bench {
  readonly virtual = new VirtualWorld();
  readonly disk = new MemoryDisk();
  store = this.#open();
  /** How long the store was open in truth. */
  openMs = 0;

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      await this.virtual.advance(Math.min(left, 1_000));
      this.store.tend();
    }
    this.openMs += ms;
  }

  async there(): Promise<boolean> {
    return typeof (await this.store.log.info('a')) === 'object';
  }

  /** The machine is gone at once, with everything that was not committed. */
  async crash(closedMs: number): Promise<void> {
    this.disk.stepsUntilCrash = 0;
    this.store.log.stop();
    await this.virtual.advance(0);
    this.disk.stepsUntilCrash = Infinity;
    await this.virtual.advance(closedMs);
    this.store = this.#open();
  }

  async reopen(closedMs: number): Promise<void> {
    await this.store.close();
    await this.virtual.advance(closedMs);
    this.store = this.#open();
  }

  #open(): EngineStore {
    return new EngineStore({ disk: this.disk, world: this.virtual.world, limits: testLimits() });
  }
}

test('a sliding lifetime ends late, never early, whatever uses, crashes and closed times come [P1]', async () => {
  const ms = fc.nat({ max: ttlMs });
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('touch' as const, 'append' as const), ms }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'reopen' as const), ms }) },
  );
  const property = fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
    const bench = new Bench();
    await bench.store.log.create('a', { lifetime: { ttlMs } });
    let usedMs = 0;
    let sequence = 0;
    let crashes = 0;
    for (const { kind, ms: duration } of commands) {
      if (kind === 'advance') await bench.advance(duration);
      else if (kind === 'crash') await bench.crash(duration * 100);
      else if (kind === 'reopen') await bench.reopen(duration * 100);
      else if (await bench.there()) {
        if (kind === 'touch') bench.store.log.touch('a');
        else await bench.store.log.append({ stream: 'a', batch: numbered('p', sequence++) });
        usedMs = bench.openMs;
      }
      crashes += kind === 'crash' ? 1 : 0;
      const unusedMs = bench.openMs - usedMs;
      const there = await bench.there();
      if (unusedMs < ttlMs) assert(there, `gone after ${unusedMs} ms without use`);
      // A crash sets the store's own clock back by what was not kept of it.
      if (unusedMs >= 2.1 * ttlMs + crashes * 62_000) assert(!there, `there after ${unusedMs} ms without use`);
      if (!there) return;
    }
  });
  await fc.assert(property, { numRuns: 150 });
});

test('Engine stores uses of a stream that is read at most every tenth of its TTL [P7]', async () => {
  const bench = new Bench();
  await bench.store.log.create('a', { lifetime: { ttlMs } });
  const { commits } = bench.disk;
  for (let read = 0; read < 50; read++) {
    bench.store.log.touch('a');
    await bench.virtual.advance(1_000);
  }
  assert.equal(bench.disk.commits - commits, 4);
});

test('Engine stores the use of an append with its records', async () => {
  const bench = new Bench();
  await bench.store.log.create('a', { lifetime: { ttlMs } });
  const { commits } = bench.disk;
  for (let sequence = 0; sequence < 10; sequence++) {
    await bench.virtual.advance(ttlMs - 1);
    await bench.store.log.append({ stream: 'a', batch: numbered('p', sequence) });
  }
  assert.equal(bench.disk.commits - commits, 10);
  await bench.crash(0);
  await bench.advance(ttlMs - 1);
  assert(await bench.there());
});

test("Engine keeps the store's own clock every minute, and only while something ends by it", async () => {
  const bench = new Bench();
  await bench.store.log.create('eternal');
  await bench.store.log.create('absolute', { lifetime: { expiresAtMs: Number.MAX_SAFE_INTEGER } });
  let { commits } = bench.disk;
  await bench.advance(300_000);
  assert.equal(bench.disk.commits, commits);
  await bench.store.log.create('a', { lifetime: { ttlMs: 1_000_000_000 } });
  commits = bench.disk.commits;
  await bench.advance(300_000);
  assert.equal(bench.disk.commits - commits, 5);
  await bench.store.log.delete('a');
  commits = bench.disk.commits;
  while (bench.store.tend().more) commits += 1;
  await bench.advance(300_000);
  assert.equal(bench.disk.commits, commits);
});

test("Engine's own clock goes on after crashes from the newest use that was stored", async () => {
  const bench = new Bench();
  await bench.store.log.create('a', { lifetime: { ttlMs } });
  let rounds = 0;
  for (; await bench.there(); rounds++) {
    assert(rounds < 10, 'crashes keep the stream alive for ever');
    await bench.advance(30_000);
    await bench.store.log.append({ stream: 'b', batch: numbered('p', rounds), create: { lifetime: { ttlMs } } });
    await bench.crash(0);
  }
  assert.equal(rounds, 7, 'twice the TTL and a tenth');
});

test('Engine keeps no clock on a full disk, and goes on with what gives room [P8]', async () => {
  const bench = new Bench();
  await bench.store.log.create('a', { lifetime: { ttlMs: 1_000_000_000 } });
  await bench.store.log.create('b', {});
  for (let sequence = 0; sequence < 70; sequence++) {
    await bench.store.log.append({ stream: 'b', batch: numbered('p', sequence) });
  }
  bench.store.engine.full = true;
  await bench.store.log.delete('b');
  await bench.advance(120_000);
  assert.equal(bench.disk.rows.get('segments')?.size, 0);
  await bench.store.close();
});

test('expire and use of an earlier incarnation change nothing', async () => {
  const bench = new Bench();
  const created = await bench.store.log.create('a', { lifetime: { ttlMs } });
  assert(created.kind === 'created');
  const { commits } = bench.disk;
  for (const kind of ['expire', 'use'] as const) {
    const change = { kind, stream: 'a', incarnation: 'earlier' };
    const { results } = bench.store.committer.commit([change], { wallNs: 0n, openMs: 0 });
    assert.deepEqual(results, ['notFound']);
    const absent = { ...change, stream: 'none' };
    assert.deepEqual(bench.store.committer.commit([absent], { wallNs: 0n, openMs: 0 }).results, ['notFound']);
  }
  assert.equal(bench.disk.commits, commits);
  assert(await bench.there());
});

test('acceptLoss begins the lifetime of the new incarnation, which ends as any other [F15]', async () => {
  const bench = new Bench();
  const created = await bench.store.log.create('a', { lifetime: { ttlMs } });
  assert(created.kind === 'created');
  const { incarnation } = created.info;
  const ahead = { number: 1, stream: 'a', incarnation, tail: 9, checksum: 7, closed: false, deleted: false };
  bench.store.engine.compare([{ revision: 0, streams: [ahead] }], { wallNs: 0n, openMs: 0 }, () => undefined);
  await bench.advance(ttlMs - 1);
  const accepted = await bench.store.log.acceptLoss('a');
  assert(typeof accepted === 'object' && accepted.incarnation !== incarnation);
  await bench.advance(ttlMs - 1);
  assert(await bench.there());
  await bench.advance(1);
  assert.equal(await bench.there(), false);
});

test('offsetAtTime reads a few rows of a long stream', async () => {
  const bench = new Bench();
  const startNs = bench.virtual.world.clock.wallNs();
  await bench.store.log.create('a');
  for (let sequence = 0; sequence < 1_000; sequence++) {
    await bench.store.log.append({ stream: 'a', batch: numbered('p', sequence) });
    await bench.virtual.advance(1);
  }
  bench.disk.reads = 0;
  assert.equal(await bench.store.log.offsetAtTime('a', startNs + 777_000_000n), 777);
  assert(bench.disk.reads <= 11, `${bench.disk.reads} rows read`);
});
