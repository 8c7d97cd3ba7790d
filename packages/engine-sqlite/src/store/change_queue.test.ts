import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits, PacketboatError } from '@packetboat/core';
import { ChangeQueue, type Commit } from './change_queue.ts';
import type { Change } from './changes.ts';

type Packed = Parameters<Commit>[0];
type Committed = Awaited<ReturnType<Commit>>;

const put = (bytes: number): Change => ({ kind: 'put', key: 'k', value: new Uint8Array(bytes), expected: undefined });
const rest = { events: [], proofs: [], damage: [], work: [], state: undefined as unknown as Committed['state'] };

/** A queue whose commits wait to be finished by the test. */
function openQueue(limits = {}) {
  const sent: { packed: Packed; finish: () => void }[] = [];
  const commit: Commit = (packed) =>
    new Promise((resolve) => {
      const results = packed.wire.map(() => ({ kind: 'put', revision: 1 }) as const);
      sent.push({ packed, finish: () => resolve({ ...rest, results }) });
    });
  const queue = new ChangeQueue({ ...defaultLimits, ...limits }, commit);
  return { queue, sent, counts: () => sent.map(({ packed }) => packed.wire.length) };
}

test('ChangeQueue sends a lone change at once, and gathers what comes while it is stored', async () => {
  const { queue, sent, counts } = openQueue();
  const first = queue.push(put(10));
  await Promise.resolve();
  assert.deepEqual(counts(), [1]);
  const others = Array.from({ length: 50 }, () => queue.push(put(10)));
  await Promise.resolve();
  assert.deepEqual(counts(), [1], 'less than what is worth a second message waits');
  sent[0]?.finish();
  await first;
  assert.deepEqual(counts(), [1, 50]);
  sent[1]?.finish();
  await Promise.all(others);
  assert.ok(queue.idle);
});

test('ChangeQueue has at most two messages on their way, each of at most commitBytesMax [P7]', async () => {
  const { queue, sent, counts } = openQueue();
  const all = Array.from({ length: 60 }, () => queue.push(put(262_144)));
  await Promise.resolve();
  assert.deepEqual(counts(), [16, 16], '16 × 256 KiB are 4 MiB');
  sent[0]?.finish();
  await all[0];
  assert.deepEqual(counts(), [16, 16, 16]);
  sent[1]?.finish();
  sent[2]?.finish();
  await all[47];
  sent[3]?.finish();
  await Promise.all(all);
});

test('ChangeQueue takes what is larger than appendQueueBytesMax when nothing waits: busy passes [P7]', async () => {
  const { queue, sent } = openQueue({ appendQueueBytesMax: 100 });
  const first = queue.push(put(160));
  await Promise.resolve();
  await assert.rejects(queue.push(put(1)), { code: 'busy' });
  sent[0]?.finish();
  await first;
});

test('ChangeQueue refuses with busy what is over appendQueueBytesMax, also what is on its way [P7]', async () => {
  const { queue, sent } = openQueue({ appendQueueBytesMax: 100 });
  const first = queue.push(put(60));
  await Promise.resolve();
  await assert.rejects(queue.push(put(60)), { code: 'busy' });
  assert.equal(queue.bytes, 60);
  sent[0]?.finish();
  await first;
  assert.equal(queue.bytes, 0);
});

test('ChangeQueue stops: what waits is rejected with the reason [P8]', async () => {
  const { queue, sent } = openQueue();
  const first = queue.push(put(1));
  await Promise.resolve();
  const second = queue.push(put(1));
  queue.stop(new PacketboatError('storeFailed', 'the disk is gone'));
  await assert.rejects(second, { code: 'storeFailed' });
  await assert.rejects(queue.push(put(1)), { code: 'storeFailed' });
  sent[0]?.finish();
  await first;
  assert.ok(queue.idle);
});

test('ChangeQueue drains: what waits is finished, what comes later refused', async () => {
  const { queue, sent } = openQueue();
  const first = queue.push(put(1));
  const drained = queue.drain(new PacketboatError('stopping', 'closing'));
  await assert.rejects(queue.push(put(1)), { code: 'stopping' });
  sent[0]?.finish();
  await Promise.all([first, drained]);
});
