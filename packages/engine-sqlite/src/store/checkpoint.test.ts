import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { connect } from './database.ts';
import { numbered } from './testing/batches.ts';
import { WriterStore } from './testing/writer_store.ts';

test('Checkpointer counts the syncs of checkpoints that copied something, and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-checkpoint-'));
  const store = new WriterStore(folder, new VirtualWorld().world, testLimits());
  const append = (sequence: number) => store.log.append({ stream: 'a', batch: numbered('p', sequence), create: {} });
  const { writer } = store;
  const syncsOf = (mode: Parameters<typeof writer.checkpoint>[0]) => {
    const before = writer.state.syncs;
    writer.checkpoint(mode);
    return writer.state.syncs - before;
  };
  await append(0);
  assert.deepEqual([syncsOf('PASSIVE'), syncsOf('PASSIVE')], [2, 0]);
  await append(1);
  assert.deepEqual([syncsOf('TRUNCATE'), syncsOf('TRUNCATE')], [2, 0]);
  await append(2);
  const reader = connect(folder, 'reader');
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM streams').get();
  await append(3);
  assert.deepEqual([syncsOf('RESTART'), syncsOf('RESTART')], [2, 0], 'what the reader holds is not copied');
  reader.close();
  assert.equal(syncsOf('PASSIVE'), 2);
  store.close();
  rmSync(folder, { recursive: true });
});
