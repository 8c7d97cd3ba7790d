import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpiringLog } from './expiring_log.ts';
import { MemoryLog } from './memory_log.ts';
import { batchOf } from './testing/store_tester.ts';
import { testLimits } from './testing/test_limits.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

/** A Log whose own clock is set by hand, so that no timer comes before the question. */
function start() {
  const { world } = new VirtualWorld();
  const time = { nowMs: 0 };
  const log = new ExpiringLog(new MemoryLog('store', world, testLimits()), { world, nowMs: () => time.nowMs });
  return { log, time };
}

const lifetime = { ttlMs: 1_000 };

test('ExpiringLog makes a stream anew that is over, also when nobody had noticed', async () => {
  const { log, time } = start();
  await log.create('a', { lifetime });
  time.nowMs = 1_000;
  assert.equal((await log.create('a')).kind, 'created');
});

test('ExpiringLog forks no source that is over, also when nobody had noticed', async () => {
  const { log, time } = start();
  for (const source of ['a', 'b']) await log.create(source, { lifetime });
  time.nowMs = 1_000;
  const fork = await log.create('fork', { fork: { stream: 'a' } });
  assert.equal(fork.kind === 'refused' && fork.code, 'forkSourceNotFound');
  const append = await log.append({ stream: 'fork', batch: batchOf(['x']), create: { fork: { stream: 'b' } } });
  assert.equal(append.kind === 'refused' && append.code, 'forkSourceNotFound');
});

test('ExpiringLog fills the pages of a list although some of it is over and not deleted yet', async () => {
  const { log, time } = start();
  for (const [index, stream] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    await log.create(stream, index % 2 === 0 ? { lifetime } : {});
  }
  time.nowMs = 1_000;
  const page = async (after: string | undefined, limit: number) =>
    (await log.list('', after, limit)).map(({ stream }) => stream);
  assert.deepEqual(await page(undefined, 2), ['b', 'd']);
  assert.deepEqual(await page('b', 1), ['d']);
  assert.deepEqual(await page('d', 1), []);
});

test('ExpiringLog forgets the lifetime of a stream that was deleted', async () => {
  const { log, time } = start();
  await log.create('a', { lifetime });
  await log.delete('a');
  await log.create('a');
  time.nowMs = 1_000;
  assert.equal(typeof (await log.info('a')), 'object');
});

test('ExpiringLog tells its listener what the engine tells', async () => {
  const { log } = start();
  const told: string[] = [];
  log.listen({
    segment: ({ stream }) => told.push(`segment ${stream}`),
    trimmed: ({ stream }) => told.push(`trimmed ${stream}`),
    deleted: (stream) => told.push(`deleted ${stream}`),
  });
  await log.create('a', { lifetime });
  await log.append({ stream: 'a', batch: batchOf(['x']) });
  await log.trim('a', 1);
  await log.delete('a');
  assert.deepEqual(told, ['segment a', 'trimmed a', 'deleted a']);
});

test('ExpiringLog settles an append to a stream with a lifetime as the engine did, also when it fails', async () => {
  const { log } = start();
  await log.create('a', { lifetime });
  assert.equal((await log.append({ stream: 'a', batch: batchOf(['x']) })).kind, 'appended');
  const first = log.append({ stream: 'a', batch: batchOf(['x'.repeat(4_000)]) });
  const many = Array.from({ length: 100 }, () => log.append({ stream: 'a', batch: batchOf(['x'.repeat(4_000)]) }));
  const outcomes = await Promise.allSettled([first, ...many]);
  const rejected = outcomes.filter(({ status }) => status === 'rejected');
  assert(rejected.length > 0 && rejected.length < outcomes.length, `${rejected.length} appends found no room`);
});
