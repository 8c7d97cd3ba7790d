import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { numbered } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk } from './testing/memory_disk.ts';

test('acceptLoss ends the old incarnation for those who read it: what follows is another history [P3] [F15]', async () => {
  const { world } = new VirtualWorld();
  const store = new EngineStore({ disk: new MemoryDisk(), world, limits: testLimits() });
  const told: string[] = [];
  store.log.listen({
    segment: ({ incarnation }) => told.push(`segment ${incarnation}`),
    trimmed: () => undefined,
    deleted: (stream, incarnation) => told.push(`deleted ${stream} ${incarnation}`),
  });
  await store.log.append({ stream: 'a', batch: numbered('p', 0), create: {} });
  const before = await store.log.info('a');
  assert(typeof before === 'object');
  const ahead = { number: 1, stream: 'a', incarnation: before.incarnation, tail: 9, checksum: 7 };
  const witnessed = { ...ahead, closed: false, deleted: false };
  store.engine.compare([{ revision: 0, streams: [witnessed] }], { wallNs: 0n, openMs: 0 }, () => undefined);
  const after = await store.log.acceptLoss('a');
  assert(typeof after === 'object');
  assert.notEqual(after.incarnation, before.incarnation);
  await store.log.append({ stream: 'a', batch: numbered('p', 1) });
  assert.deepEqual(told, [
    `segment ${before.incarnation}`,
    `deleted a ${before.incarnation}`,
    `segment ${after.incarnation}`,
  ]);
});

test('witness behind an append of the same commit finds the segment that the append begins behind [F15]', async () => {
  const { world } = new VirtualWorld();
  const store = new EngineStore({ disk: new MemoryDisk(), world, limits: testLimits() });
  const first = await store.log.append({ stream: 'a', batch: numbered('p', 0), create: {} });
  assert(first.kind === 'appended');
  const [second, verdict] = await Promise.all([
    store.log.append({ stream: 'a', batch: numbered('p', 1) }),
    store.log.witness(first.proof),
  ]);
  assert.equal(second.kind, 'appended');
  assert.equal(verdict, 'consistent');
});
