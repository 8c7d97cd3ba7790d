import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CreateOptions, PacketboatError, type Store } from '@packetboat/core';
import { describeStoreRandomly, type OpenStore, testLimits, VirtualWorld } from '@packetboat/core/testing';
import type { ReaderAnswers, ReaderQuestion } from './questions.ts';
import { batchOf, numbered, readTexts } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { type CommitFault, Crash, MemoryDisk } from './testing/memory_disk.ts';

const virtual = new VirtualWorld();

function open(disk: MemoryDisk): EngineStore {
  return new EngineStore({ disk, world: virtual.world, limits: testLimits() });
}

/** A store that sweeps all garbage before every read. */
class SweepingStore extends EngineStore {
  override async read<Question extends ReaderQuestion>(question: Question): Promise<ReaderAnswers[Question['kind']]> {
    sweep(this);
    return super.read(question);
  }
}

const openSweeping: OpenStore = async ({ world, limits }) => {
  const disk = new MemoryDisk();
  let store = new SweepingStore({ disk, world, limits });
  return {
    store,
    async reopen() {
      await store.close();
      store = new SweepingStore({ disk, world, limits });
      return store;
    },
    async dispose() {
      for (const { stream } of await store.log.list('', undefined, 100)) await store.log.delete(stream);
      sweep(store);
      assert.equal(rowsLeft(disk), 0, 'of streams that are all deleted, nothing is left');
      await store.close();
    },
  };
};

describeStoreRandomly('Engine that sweeps before every read', openSweeping, { runs: 100 });

function sweep(store: EngineStore): void {
  while (store.tend().more);
}

const code = (expected: string) => (error: unknown) => error instanceof PacketboatError && error.code === expected;

async function crashes(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof Crash) return true;
    throw error;
  }
}

/** Sequences 0 … `count` - 1 of a producer, a segment each. */
async function fill(store: Store, stream: string, count: number): Promise<void> {
  for (let sequence = 0; sequence < count; sequence++) {
    await store.log.append({ stream, batch: numbered('p', sequence), create: {} });
  }
}

async function fork(store: Store, stream: string, source: string, more: CreateOptions = {}): Promise<void> {
  const outcome = await store.log.create(stream, { fork: { stream: source }, ...more });
  assert.equal(outcome.kind, 'created');
}

/** Rows that belong to streams. */
function rowsLeft(disk: MemoryDisk): number {
  return ['segments', 'producers', 'keys', 'garbage'].reduce(
    (sum, table) => sum + (disk.rows.get(table)?.size ?? 0),
    0,
  );
}

test('fork: crash at every step: the whole fork is there or nothing of it, and its source is as it was [P1] [F4]', async () => {
  for (let steps = 0; ; steps++) {
    const disk = new MemoryDisk();
    const first = open(disk);
    await fill(first, 'a', 3);
    disk.stepsUntilCrash = steps;
    const point = { stream: 'a', offset: 1, subOffset: 4 };
    const crashed = await crashes(() => fork(first, 'f', 'a', { fork: point, first: batchOf(['first']) }));
    disk.stepsUntilCrash = Infinity;

    const second = open(disk);
    const isThere = typeof (await second.log.info('f')) === 'object';
    if (!crashed) assert.ok(isThere, 'an acknowledged fork is there');
    if (isThere) assert.deepEqual(await readTexts(second, 'f'), ['p-0-0;', 'p-0-', 'first']);
    assert.deepEqual(await readTexts(second, 'a'), ['p-0-0;', 'p-0-1;', 'p-0-2;']);
    await second.log.delete('a');
    assert.equal(await second.log.info('a'), isThere ? 'softDeleted' : 'gone');
    await second.log.delete('f');
    sweep(second);
    assert.equal(rowsLeft(disk), 0);
    if (!crashed) return;
  }
});

test('delete: crash at every step of the last fork’s deletion: both are gone, or neither [P1] [F4]', async () => {
  for (let steps = 0; ; steps++) {
    const disk = new MemoryDisk();
    const first = open(disk);
    await fill(first, 'a', 3);
    await fork(first, 'f', 'a');
    await first.log.delete('a');
    disk.stepsUntilCrash = steps;
    const crashed = await crashes(() => first.log.delete('f'));
    disk.stepsUntilCrash = Infinity;
    const second = open(disk);
    const infos = [await second.log.info('a'), typeof (await second.log.info('f'))];
    if (crashed) {
      assert.deepEqual(infos, ['softDeleted', 'object']);
      assert.equal((await readTexts(second, 'f')).length, 3);
      await second.log.delete('f');
    }
    assert.deepEqual([await second.log.info('a'), await second.log.info('f')], ['gone', 'gone']);
    sweep(second);
    assert.equal(rowsLeft(disk), 0);
    if (!crashed) return;
  }
});

for (const faults of [['full', 'full'], ['damaged']] as const satisfies CommitFault[][]) {
  test(`fork: commit that fails (${faults[0]}): it holds nothing of its source [P8]`, async () => {
    const disk = new MemoryDisk();
    const store = open(disk);
    await fill(store, 'a', 3);
    disk.commitFaults.push(...faults);
    await assert.rejects(store.log.create('f', { fork: { stream: 'a' } }), PacketboatError);
    store.engine.full = false;
    await store.log.delete('a');
    assert.equal(await store.log.info('a'), 'gone');
  });
}

test('delete: commit that fails: forks hold their source as before [P8]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 3);
  await fork(store, 'f', 'a');
  disk.commitFaults.push('damaged');
  await assert.rejects(store.log.delete('f'), code('damaged'));
  await store.log.delete('a');
  assert.equal(await store.log.info('a'), 'softDeleted');
  assert.equal((await readTexts(store, 'f')).length, 3);
});

test('trim: what a source trims stays while a fork needs it, and goes with the last that does [P6] [P7]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  const segments = () => {
    sweep(store);
    return disk.rows.get('segments')?.size ?? 0;
  };
  await fill(store, 'a', 200);
  await fork(store, 'f', 'a', { fork: { stream: 'a', offset: 150 } });
  await fork(store, 'g', 'f', { fork: { stream: 'f', offset: 100 } });
  await store.log.trim('a', 200);
  assert.equal(segments(), 200, 'a range is deleted up to what is needed, not around it');
  await store.log.trim('f', 120);
  assert.equal(segments(), 200, 'g still needs the beginning');
  await store.log.trim('g', 40);
  assert.equal(segments(), 160);
  assert.equal((await readTexts(open(disk), 'g')).length, 60);
  await store.log.delete('g');
  assert.equal(segments(), 80);
  assert.equal((await readTexts(open(disk), 'f')).length, 30);
  await store.log.delete('f');
  assert.equal(segments(), 0);
});

test('delete: a soft-deleted stream keeps only what its forks still need [P7]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 100);
  await fork(store, 'f', 'a');
  await store.log.trim('f', 90);
  await store.log.delete('a');
  sweep(store);
  assert.equal(disk.rows.get('segments')?.size, 10);
  await store.log.append({ stream: 'f', batch: batchOf(['x']) });
  await store.log.trim('f', 100);
  sweep(store);
  assert.equal(disk.rows.get('segments')?.size, 1);
  assert.equal(await open(disk).log.info('a'), 'softDeleted');
});

test('delete: a soft-deleted stream keeps nothing behind the point where its forks left, once they need nothing of it [P7]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 100);
  await fork(store, 'f', 'a', { fork: { stream: 'a', offset: 50 } });
  for (let index = 0; index < 10; index++) await store.log.append({ stream: 'f', batch: batchOf(['x']) });
  await store.log.delete('a');
  await store.log.trim('f', 55);
  sweep(store);
  assert.equal(disk.rows.get('segments')?.size, 5);
});

test('read: a segment that vanished or rotted in a source is damage for its forks, never the end [P6] [F14]', async () => {
  for (const harm of ['vanished', 'rotted']) {
    const disk = new MemoryDisk();
    const store = open(disk);
    await fill(store, 'a', 10);
    await fork(store, 'f', 'a');
    await store.log.append({ stream: 'f', batch: batchOf(['own']) });
    const id = JSON.stringify([1, 6]);
    if (harm === 'vanished') disk.rows.get('segments')?.delete(id);
    else disk.flip('segments', id, 600);
    await assert.rejects(readTexts(open(disk), 'f'), code('damaged'));
    await assert.rejects(open(disk).log.create('g', { fork: { stream: 'f', offset: 6 } }), code('damaged'));
    const { segments } = (await open(disk).log.read('f', 7, 65_536)) as { segments?: unknown[] };
    assert.equal(segments?.length, 4, 'what lies behind it can be read');
  }
});

/** A second witness that saw `stream` as number `number`, with `tail` records. */
function witnessed(stream: string, number: number, tail: number) {
  const seen = { number, stream, incarnation: 'lost', tail, checksum: 1, closed: false, deleted: false };
  return { revision: 0, streams: [seen] };
}

test('fork: of a stream that lost its tail: refused until the loss is accepted, earlier forks go on [F15]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 3);
  await fork(store, 'f', 'a');
  store.engine.compare([witnessed('a', 1, 9)], { wallNs: 0n, openMs: 0 }, () => undefined);
  await assert.rejects(store.log.create('g', { fork: { stream: 'a' } }), code('dataLossDetected'));
  assert.equal((await readTexts(store, 'f')).length, 3);
  const accepted = await store.log.acceptLoss('a');
  const earlier = await store.log.info('f');
  assert.ok(typeof accepted === 'object' && typeof earlier === 'object');
  assert.notEqual(accepted.lineage, earlier.lineage, 'offsets that were lost will name other records');
  await fork(store, 'g', 'a');
  await store.log.append({ stream: 'a', batch: batchOf(['again']) });
  assert.equal((await readTexts(store, 'f')).length, 3);
});

test('fork: frozen by a lost tail: it is deleted as any other, and its source with it [F15]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 3);
  await fork(store, 'f', 'a');
  await store.log.delete('a');
  store.engine.compare([witnessed('f', 2, 9)], { wallNs: 0n, openMs: 0 }, () => undefined);
  assert.equal((await readTexts(store, 'f')).length, 3);
  await store.log.delete('f');
  assert.deepEqual([await store.log.info('a'), store.engine.losses], ['gone', 0]);
  sweep(store);
  assert.equal(rowsLeft(disk), 0);
});

test('fork: frozen by a lost tail: accepting the loss gives it a lineage of its own [P3] [F15]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'a', 3);
  await fork(store, 'f', 'a');
  store.engine.compare([witnessed('f', 2, 9)], { wallNs: 0n, openMs: 0 }, () => undefined);
  const accepted = await store.log.acceptLoss('f');
  const source = await store.log.info('a');
  assert.ok(typeof accepted === 'object' && typeof source === 'object');
  assert.notEqual(accepted.lineage, source.lineage);
  assert.equal((await readTexts(store, 'f')).length, 3);
});

test('fork: its soft-deleted source was made anew and that is lost: the fork reads on, and nothing is left behind it [F15]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await fill(store, 'root', 2);
  await fork(store, 'a', 'root');
  await store.log.append({ stream: 'a', batch: batchOf(['own']) });
  await fork(store, 'f', 'a');
  await store.log.delete('a');
  await store.log.delete('root');
  store.engine.compare([witnessed('a', 9, 5)], { wallNs: 0n, openMs: 0 }, () => undefined);
  const found = await store.log.info('a');
  assert.ok(typeof found === 'object' && found.loss?.tail === 5, 'the loss is told under the name');
  assert.equal((await readTexts(open(disk), 'f')).length, 3);
  const second = open(disk);
  await second.log.delete('f');
  assert.equal(await second.log.info('root'), 'gone');
  await second.log.delete('a');
  sweep(second);
  assert.equal(rowsLeft(disk), 0);
});
