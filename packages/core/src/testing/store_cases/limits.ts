import assert from 'node:assert/strict';
import { batchOf, type StoreTester } from '../store_tester.ts';
import type { LimitedStoreCases } from './case.ts';

const from = (id: string, sequence = 0) => ({ producer: { id, epoch: 0, sequence } });

export const limitCases: LimitedStoreCases = {
  'streamsMax refuses one name more; a deleted name counts, and may be used again [P7]': {
    limits: { streamsMax: 2 },
    async run({ store: { log } }: StoreTester) {
      await log.create('a');
      await log.append({ stream: 'b', batch: batchOf(['x']), create: {} });
      await assert.rejects(log.create('c'), { code: 'limitReached' });
      await assert.rejects(log.append({ stream: 'c', batch: batchOf(['x']), create: {} }), { code: 'limitReached' });
      assert.equal((await log.create('a')).kind, 'exists');
      await log.delete('a');
      await assert.rejects(log.create('c'), { code: 'limitReached' });
      assert.equal((await log.create('a')).kind, 'created');
    },
  },

  'producersPerStreamMax refuses a new producer and forgets no old one [P2] [P7]': {
    limits: { producersPerStreamMax: 2 },
    async run(tester) {
      const stream = await tester.stream();
      await tester.appended(stream, batchOf(['a'], from('p')));
      await tester.appended(stream, batchOf(['b'], from('q')));
      await tester.refused('producerLimit', stream, batchOf(['c'], from('r')));
      await tester.appended(stream, batchOf(['c'], from('p', 1)));
      assert.equal((await tester.append(stream, batchOf(['b'], from('q')))).kind, 'duplicate');
      await tester.appended(stream, batchOf(['no producer']));
      await tester.appended(await tester.stream(), batchOf(['other stream'], from('r')));
    },
  },

  'appendQueueBytesMax answers busy and when to come back, and takes appends again [P7]': {
    limits: { appendQueueBytesMax: 10_000 },
    async run(tester) {
      const stream = await tester.stream();
      const attempts = Array.from({ length: 40 }, () => tester.append(stream, batchOf(['x'.repeat(1_000)])));
      const outcomes = await Promise.allSettled(attempts);
      const taken = outcomes.filter(({ status }) => status === 'fulfilled').length;
      assert(taken >= 1 && taken < 40, `${taken} of 40 were taken`);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        assert.equal(outcome.reason.code, 'busy');
        assert(outcome.reason.retryAfterMs > 0);
      }
      assert.equal((await tester.info(stream)).tail, taken);
      assert.equal(tester.store.health().queuedBytes, 0);
      await tester.appended(stream, batchOf(['again']));
    },
  },

  'commitBytesMax does not keep what waits from being stored [P7]': {
    limits: { commitBytesMax: 2_000 },
    async run(tester) {
      const stream = await tester.stream();
      const texts = Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(500)}`);
      await Promise.all(texts.map((text) => tester.appended(stream, batchOf([text]))));
      assert.deepEqual(await tester.texts(stream), texts);
    },
  },

  'forkDepthMax bounds how deep forks follow one another [P7]': {
    limits: { forkDepthMax: 3 },
    async run(tester) {
      const { log } = tester.store;
      await tester.appended('0', batchOf(['x']), { create: {} });
      for (let depth = 1; depth <= 3; depth++) {
        const outcome = await log.create(`${depth}`, { fork: { stream: `${depth - 1}` } });
        assert.equal(outcome.kind, 'created');
      }
      await assert.rejects(log.create('4', { fork: { stream: '3' } }), { code: 'limitReached' });
      assert.equal((await log.create('4', { fork: { stream: '2' } })).kind, 'created');
      assert.deepEqual(await tester.texts('3'), ['x']);
    },
  },

  'readBytesMax bounds one read, whatever is asked [P7]': {
    limits: { readBytesMax: 3_000 },
    async run(tester) {
      const stream = await tester.stream();
      for (let commit = 0; commit < 4; commit++) await tester.appended(stream, batchOf(['x'.repeat(1_000)]));
      const outcome = await tester.store.log.read(stream, 0, 1_000_000);
      assert(outcome.kind === 'segments');
      const bytes = outcome.segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
      assert(bytes > 0 && bytes <= 3_000, `${bytes} bytes were read`);
    },
  },

  'mapEntriesMax and mapValueBytesMax refuse by name [P7]': {
    limits: { mapEntriesMax: 2, mapValueBytesMax: 10 },
    async run({ store: { map } }) {
      await map.put('a', new Uint8Array(10));
      await map.put('b', new Uint8Array(0));
      await assert.rejects(map.put('c', new Uint8Array(0)), { code: 'limitReached' });
      await assert.rejects(map.put('a', new Uint8Array(11)), { code: 'tooLarge' });
      await map.put('a', new Uint8Array(1));
      await map.delete('b');
      assert.equal((await map.put('c', new Uint8Array(0))).kind, 'put');
    },
  },

  'close finishes what was queued, and refuses what comes later': {
    limits: {},
    async run(tester) {
      const stream = await tester.stream();
      assert.equal(tester.store.health().state, 'ready');
      const queued = Array.from({ length: 10 }, (_, index) => tester.append(stream, batchOf([`${index}`])));
      const closed = tester.store.close();
      for (const outcome of await Promise.all(queued)) assert.equal(outcome.kind, 'appended');
      await closed;
      await assert.rejects(tester.append(stream, batchOf(['late'])), { code: 'stopping' });
      await assert.rejects(tester.store.log.info(stream), { code: 'stopping' });
      assert.equal(tester.store.health().state, 'closed');
      await tester.store.close();
    },
  },

  'health counts streams, commits, batches and bytes': {
    limits: {},
    async run(tester) {
      const stream = await tester.stream();
      const batch = batchOf(['a'], from('p'));
      await tester.appended(stream, batch);
      await tester.append(stream, batch);
      const health = tester.store.health();
      assert.deepEqual(
        [health.streams, health.appendedBatches, health.appendedBytes, health.queuedBytes],
        [1, 1, batch.bytes.length, 0],
      );
      assert(health.commits >= 1);
      const { seconds, batches, bytes, segments } = health.perCommit;
      assert.deepEqual([batches.sum, bytes.sum, segments.sum], [1, batch.bytes.length, 1]);
      assert.deepEqual([seconds.count, batches.count], [health.commits, health.commits]);
      await tester.store.log.delete(stream);
      assert.equal(tester.store.health().streams, 0);
    },
  },
};
