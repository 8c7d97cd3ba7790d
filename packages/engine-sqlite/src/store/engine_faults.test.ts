import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Limits, PacketboatError, type Store } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { batchOf, numbered, readTexts } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { type CommitFault, Crash, MemoryDisk } from './testing/memory_disk.ts';

const virtual = new VirtualWorld();

function open(disk: MemoryDisk, limits: Partial<Limits> = {}): EngineStore {
  return new EngineStore({ disk, world: virtual.world, limits: testLimits(limits) });
}

/** Runs `work`, which a crash may end. @returns whether it did. */
async function crashes(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof Crash) return true;
    throw error;
  }
}

const code = (expected: string) => (error: unknown) => error instanceof PacketboatError && error.code === expected;

/** Appends sequences `from` … `to` one by one, and notes the acknowledged ones. */
async function appendAll(store: Store, from: number, to: number, acknowledged: number[]): Promise<void> {
  for (let sequence = from; sequence <= to; sequence++) {
    const outcome = await store.log.append({
      stream: 'a',
      batch: numbered('p', sequence),
      key: `k${sequence}`,
      create: {},
    });
    assert.notEqual(outcome.kind, 'refused');
    acknowledged.push(sequence);
  }
}

test('append: crash at every step: acknowledged is there, and a retry is stored once [P1] [P2] [F1] [F2]', async () => {
  for (let steps = 0; ; steps++) {
    const disk = new MemoryDisk();
    const first = open(disk);
    disk.stepsUntilCrash = steps;
    const acknowledged: number[] = [];
    const crashed = await crashes(() => appendAll(first, 0, 3, acknowledged));
    disk.stepsUntilCrash = Infinity;

    const second = open(disk);
    const info = await second.log.info('a');
    const stored = typeof info === 'string' ? 0 : info.tail;
    assert.ok(stored >= acknowledged.length, `${stored} of ${acknowledged.length} acknowledged are there`);
    await appendAll(second, 0, 3, []);
    assert.deepEqual(await readTexts(second, 'a'), ['p-0-0;', 'p-0-1;', 'p-0-2;', 'p-0-3;']);
    if (!crashed) return;
  }
});

for (const fault of ['unknownStored', 'unknownLost'] as const satisfies CommitFault[]) {
  test(`append: commit of unknown outcome (${fault}): nothing is acknowledged after it [P8] [F3]`, async () => {
    for (const healthy of [1, 2, 3]) {
      const disk = new MemoryDisk();
      const first = open(disk);
      disk.commitFaults.push(...Array.from({ length: healthy }, () => undefined), fault);
      const acknowledged: number[] = [];
      await assert.rejects(appendAll(first, 0, 9, acknowledged), code('storeFailed'));
      assert.deepEqual(acknowledged.length, healthy);
      const commits = disk.commits;
      await assert.rejects(first.log.append({ stream: 'a', batch: numbered('p', healthy) }), code('storeFailed'));
      await assert.rejects(first.map.put('k', new Uint8Array(1)), code('storeFailed'));
      assert.equal(disk.commits, commits, 'nothing is written any more');

      const second = open(disk);
      await appendAll(second, 0, 9, []);
      assert.equal((await readTexts(second, 'a')).length, 10);
    }
  });
}

test('delete and close: crash right after the answer: they stay [P1] [F4]', async () => {
  const disk = new MemoryDisk();
  const first = open(disk);
  await appendAll(first, 0, 1, []);
  await first.log.create('b');
  disk.stepsUntilCrash = Infinity;
  await first.log.close('b');
  await first.log.delete('a');
  const second = open(disk);
  assert.equal(await second.log.info('a'), 'gone');
  const closed = await second.log.info('b');
  assert.ok(typeof closed === 'object' && closed.closed);
});

test('trim: crash at each step: the stream begins at the old or the new first record [F6]', async () => {
  for (let steps = 0; ; steps++) {
    const disk = new MemoryDisk();
    const first = open(disk);
    await appendAll(first, 0, 79, []);
    disk.stepsUntilCrash = steps;
    const crashed = await crashes(() => first.log.trim('a', 70));
    disk.stepsUntilCrash = Infinity;
    const second = open(disk);
    const info = await second.log.info('a');
    assert.ok(typeof info === 'object');
    assert.ok(info.first === (crashed ? 0 : 70));
    assert.equal((await readTexts(second, 'a')).length, 80 - info.first);
    const retry = await second.log.append({ stream: 'a', batch: numbered('p', 3) });
    assert.equal(retry.kind, 'duplicate', 'the producers of trimmed segments are remembered');
    if (!crashed) return;
  }
});

test('trim: garbage of a long trim is swept in pieces, and a crash between them harms nothing [F6]', async () => {
  const disk = new MemoryDisk();
  await appendAll(open(disk), 0, 299, []);
  const store = open(disk);
  await store.log.trim('a', 290);
  const segments = () => disk.rows.get('segments')?.size ?? 0;
  assert.ok(segments() > 10, 'not everything is deleted at once');
  while (segments() > 10) {
    assert.ok(open(disk).tend().more, 'there is more to sweep');
    assert.equal((await readTexts(open(disk), 'a')).length, 10);
  }
});

test('delete: everything of the stream is swept [P7]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await appendAll(store, 0, 299, []);
  await store.log.trim('a', 100);
  await store.log.delete('a');
  while (store.tend().more);
  for (const table of ['segments', 'producers', 'keys', 'garbage']) assert.equal(disk.rows.get(table)?.size, 0, table);
});

test('append: retry after a simulated year and a trim is still a duplicate [P2] [F7]', async () => {
  const disk = new MemoryDisk();
  await appendAll(open(disk, { recentBatchesMax: 4 }), 0, 300, []);
  await open(disk).log.trim('a', 301);
  await virtual.advance(365 * 86_400_000);
  const store = open(disk);
  for (const sequence of [0, 150, 300]) {
    const retry = await store.log.append({ stream: 'a', batch: numbered('p', sequence) });
    assert.equal(retry.kind, 'duplicate');
    const keyed = await store.log.append({ stream: 'a', batch: batchOf(['x']), key: `k${sequence}` });
    assert.deepEqual([keyed.kind, 'offset' in keyed && keyed.offset], ['duplicate', sequence]);
  }
});

test('append: a producer row that vanished is damage, not a new producer [P2] [F7] [F14]', async () => {
  const disk = new MemoryDisk();
  await appendAll(open(disk), 0, 100, []);
  disk.rows.get('producers')?.clear();
  const store = open(disk);
  await assert.rejects(store.log.append({ stream: 'a', batch: numbered('p', 3) }), code('damaged'));
  await assert.rejects(store.log.append({ stream: 'a', batch: numbered('q', 0) }), code('damaged'));
  const other = await store.log.append({ stream: 'b', batch: numbered('q', 0), create: {} });
  assert.equal(other.kind, 'appended', 'other streams go on');
});

test('append: an operator has lowered the limits since: older streams go on, their producers are known [P2]', async () => {
  const disk = new MemoryDisk();
  const large = batchOf(['x'.repeat(2_000), 'y', 'z'], { producer: { id: 'producer', epoch: 0, sequence: 0 } });
  await open(disk).log.append({ stream: 'a', batch: large, create: {} });
  const lowered = { recordBytesMax: 1_000, batchBytesMax: 1_500, batchRecordsMax: 2, producerIdBytesMax: 4 };
  const store = open(disk, lowered);
  assert.equal((await store.log.append({ stream: 'a', batch: large })).kind, 'duplicate');
  assert.equal((await store.log.append({ stream: 'a', batch: numbered('q', 0) })).kind, 'appended');
});

test('retention: a damaged segment met while nobody appends is told [F14]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await store.log.create('a', { retention: { ageMsMax: 1_000 } });
  for (const sequence of [0, 1]) await store.log.append({ stream: 'a', batch: numbered('p', sequence) });
  disk.flip('segments', JSON.stringify([1, 0]), 3);
  const { more, damage } = open(disk).tend();
  assert.equal(more, false);
  assert.match(damage.join(), /Table segments/);
});

test('read: a segment that vanished is damage, never the end [P6] [F14]', async () => {
  for (const gone of [0, 3, 9]) {
    const disk = new MemoryDisk();
    await appendAll(open(disk), 0, 9, []);
    disk.rows.get('segments')?.delete(JSON.stringify([1, gone]));
    const store = open(disk);
    await assert.rejects(readTexts(store, 'a'), code('damaged'));
    await assert.rejects(store.log.read('a', gone, 1), code('damaged'), 'from what is gone');
    if (gone > 0) await assert.rejects(store.log.read('a', gone - 1, 65_536), code('damaged'), 'up to what is gone');
  }
});

test('open: a stream or map row that vanished is damage, not absence [F14]', async () => {
  for (const table of ['streams', 'map', 'meta']) {
    const disk = new MemoryDisk();
    const store = open(disk);
    await appendAll(store, 0, 1, []);
    await store.map.put('k', new Uint8Array([1]));
    disk.rows.get(table)?.clear();
    assert.throws(() => open(disk), code('damaged'), table);
  }
});

/** Everything that the flipped rows decide about. */
async function answers(store: Store): Promise<unknown[]> {
  const retry = await store.log.append({ stream: 'a', batch: numbered('p', 2) });
  return [await readTexts(store, 'a'), await readTexts(store, 'f'), await store.map.get('k'), retry.kind];
}

test('store: any bit of any row flipped: reported, or every answer stays equal [P5] [F14]', async () => {
  const disk = new MemoryDisk();
  const made = open(disk);
  await appendAll(made, 0, 80, []);
  await made.map.put('k', new Uint8Array([1, 2, 3]));
  await made.log.create('f', { fork: { stream: 'a', offset: 40, subOffset: 3 } });
  const expected = await answers(made);
  let reported = 0;
  for (const { table, id, row } of disk.everyRow().toArray()) {
    const bit = Math.floor(virtual.world.random.fraction() * row.value.length * 8);
    disk.flip(table, id, bit);
    try {
      assert.deepEqual(await answers(open(disk)), expected, `${table} ${id} bit ${bit}`);
    } catch (error) {
      assert.ok(code('damaged')(error), `${table} ${id} bit ${bit}: ${String(error)}`);
      reported += 1;
    }
    disk.rows.get(table)?.set(id, row);
  }
  assert.ok(reported > 80);
});

test('append: full disk: appends are refused, trim, cursors, delete and reads go on, and it resumes [P8]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await appendAll(store, 0, 9, []);
  disk.commitFaults.push('full');
  const refused = store.log.append({ stream: 'a', batch: numbered('p', 10) });
  const put = store.map.put('cursor/a/x', new Uint8Array([1]));
  await assert.rejects(refused, code('diskFull'));
  assert.equal((await put).kind, 'put', 'what takes no room is tried again without the appends');
  assert.equal(store.ballastsReleased, 1);
  await assert.rejects(store.log.append({ stream: 'a', batch: numbered('p', 10) }), code('diskFull'));
  await assert.rejects(store.log.create('b'), code('diskFull'));
  assert.equal((await readTexts(store, 'a')).length, 10);
  const trimmed = await store.log.trim('a', 5);
  assert.ok(typeof trimmed === 'object' && trimmed.first === 5);
  assert.equal((await store.map.put('cursor/a/x', new Uint8Array([2]))).kind, 'put');

  store.engine.full = false;
  assert.equal((await store.log.append({ stream: 'a', batch: numbered('p', 10) })).kind, 'appended');
  disk.commitFaults.push('full', 'full');
  await assert.rejects(store.map.put('cursor/a/x', new Uint8Array([3])), code('diskFull'));
  store.engine.full = false;
  assert.equal((await store.map.put('cursor/a/x', new Uint8Array([4]))).kind, 'put');
});

test('append: a damaged page met by a commit: only the change that needs it is refused [F14]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  disk.commitFaults.push('damaged', undefined, 'damaged', undefined);
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c'].map((stream) => store.log.append({ stream, batch: numbered('p', 0), create: {} })),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(await readTexts(store, 'c'), ['p-0-0;']);
});

test('create: a damaged page met by a commit: each stream is told with its own first records [F14]', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  const told: string[] = [];
  store.log.listen({
    segment: ({ stream, bytes }) => told.push(`${stream} ${new TextDecoder().decode(bytes).slice(-1)}`),
    trimmed: () => undefined,
    deleted: () => undefined,
  });
  disk.commitFaults.push('damaged');
  await Promise.all(['a', 'b', 'c'].map((stream) => store.log.create(stream, { first: batchOf([stream]) })));
  assert.deepEqual(told, ['a a', 'b b', 'c c']);
});

test('append: a broken belief stops the store and stores nothing', async () => {
  const disk = new MemoryDisk();
  const store = open(disk);
  await appendAll(store, 0, 0, []);
  const commits = disk.commits;
  const batch = { ...numbered('p', 1), payload: undefined as unknown as Uint8Array };
  assert.throws(() =>
    store.committer.commit([{ kind: 'append', stream: 'a', batch, newIncarnation: '' }], { wallNs: 0n, openMs: 0 }),
  );
  await assert.rejects(store.log.append({ stream: 'a', batch: numbered('p', 1) }), code('storeFailed'));
  assert.equal(disk.commits, commits);
});
