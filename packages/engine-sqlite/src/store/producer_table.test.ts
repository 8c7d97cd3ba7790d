import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, PacketboatError } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { ProducerTable } from './producer_table.ts';
import { decodeStreamRow, encodeStreamRow, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';
import { numbered } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk, MemoryTx } from './testing/memory_disk.ts';

const limits = testLimits({ producersPerStreamMax: 1_000 });
const damaged = (error: unknown) => error instanceof PacketboatError && error.code === 'damaged';

/** A disk with a closed stream `a`, whose snapshot holds all of its producers. */
async function withProducers(count: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const store = new EngineStore({ disk, world: new VirtualWorld().world, limits });
  await store.log.create('a');
  for (let index = 0; index < count; index++) await store.log.append({ stream: 'a', batch: numbered(`p${index}`, 0) });
  await store.log.close('a');
  await store.close();
  return disk;
}

function rowOf(tx: MemoryTx): StreamRow {
  const bytes = tx.get(tables.streams, ['a']);
  assert(bytes !== undefined);
  return decodeStreamRow(bytes);
}

function load(disk: MemoryDisk): ProducerTable {
  const tx = new MemoryTx(disk, crc32);
  return ProducerTable.load({ tx, crc32, limits }, rowOf(tx));
}

test('ProducerTable knows its ids without reading their rows', async () => {
  const disk = await withProducers(150);
  disk.reads = 0;
  const table = load(disk);
  assert.equal(disk.reads, 1, 'the row of the stream alone');
  assert.equal(table.size, 150);
  assert.equal(table.get('p149')?.sequence, 0);
  assert.equal(table.get('stranger'), undefined);
});

test('ProducerTable takes an id that has rotted for damage, not for another producer [P2] [F14]', async () => {
  const disk = await withProducers(5);
  const rows = disk.rows.get('producers');
  const [id, row] = [...(rows ?? [])].at(-1) ?? assert.fail();
  rows?.delete(id);
  assert.throws(() => load(disk), damaged, 'one is missing');
  rows?.set('rotten', { ...row, key: [1, 'rotten'] });
  assert.throws(() => load(disk), damaged, 'one has another id');
  rows?.delete('rotten');
  rows?.set(id, row);
  assert.equal(load(disk).size, 5);
});

test('ProducerTable reads a snapshot whose ids have no check, and gives the next one its check', async () => {
  const disk = await withProducers(5);
  const tx = new MemoryTx(disk, crc32);
  const row = rowOf(tx);
  const { ids, ...older } = row.snapshot;
  assert(ids !== undefined);
  tx.begin();
  tx.put(tables.streams, ['a'], encodeStreamRow({ ...row, snapshot: older }));
  tx.commit();
  const table = load(disk);
  assert.equal(table.size, 5);
  assert.equal(table.writeSnapshot(row.tail.offset).ids, ids);
});
