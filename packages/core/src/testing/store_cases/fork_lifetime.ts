import assert from 'node:assert/strict';
import type { Lifetime } from '../../store.ts';
import { batchOf, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const minuteMs = 60_000;

/** A source of one record, and a fork of it; their names. */
async function forked(tester: StoreTester, ofSource: Lifetime, ofFork?: Lifetime): Promise<[string, string]> {
  const source = await tester.stream({ lifetime: ofSource });
  await tester.appended(source, batchOf(['source']));
  const fork = await tester.stream({ fork: { stream: source }, ...(ofFork !== undefined && { lifetime: ofFork }) });
  return [source, fork];
}

/** What a stream answers once all that has ended is deleted. */
async function settled(tester: StoreTester, stream: string): Promise<string> {
  await tester.store.log.info(stream);
  // Changes are made in order: when this one is answered, the deletion was made.
  await tester.store.log.close('nobody');
  const info = await tester.store.log.info(stream);
  return typeof info === 'string' ? info : 'there';
}

/** Lifetimes of sources and forks do not depend on each other (Durable Streams protocol, section 4.2). */
export const forkLifetimeCases: StoreCases = {
  'a source whose lifetime is over is kept for its forks, and then goes with them': async (tester) => {
    const [source, fork] = await forked(tester, { ttlMs: minuteMs }, {});
    await tester.world.advance(minuteMs);
    assert.equal(await settled(tester, source), 'softDeleted');
    assert.deepEqual(await tester.texts(fork), ['source']);
    const again = await tester.store.log.create(source);
    assert(again.kind === 'refused' && again.code === 'exists');
    await tester.store.log.delete(fork);
    assert.equal(await settled(tester, source), 'gone');
    assert.equal((await tester.store.log.create(source)).kind, 'created');
  },

  'a fork whose lifetime is over lets go of its source': async (tester) => {
    const [source, fork] = await forked(tester, {}, { ttlMs: minuteMs });
    await tester.store.log.delete(source);
    assert.equal(await settled(tester, source), 'softDeleted');
    await tester.world.advance(minuteMs);
    assert.equal(await settled(tester, fork), 'gone');
    assert.equal(await settled(tester, source), 'gone');
  },

  'a fork with the lifetime of its source lives on by its own use': async (tester) => {
    const [source, fork] = await forked(tester, { ttlMs: minuteMs });
    assert.deepEqual((await tester.info(fork)).lifetime, { ttlMs: minuteMs });
    await tester.world.advance(minuteMs - 1);
    tester.store.log.touch(fork);
    await tester.world.advance(1);
    assert.equal(await settled(tester, source), 'softDeleted');
    assert.deepEqual(await tester.texts(fork), ['source']);
    await tester.world.advance(minuteMs - 1);
    assert.equal(await settled(tester, fork), 'gone');
    assert.equal(await settled(tester, source), 'gone');
  },

  'use of a source does not keep its fork alive': async (tester) => {
    const [source, fork] = await forked(tester, {}, { ttlMs: minuteMs });
    await tester.world.advance(minuteMs - 1);
    await tester.appended(source, batchOf(['more']));
    tester.store.log.touch(source);
    await tester.world.advance(1);
    assert.equal(await settled(tester, fork), 'gone');
  },

  'create forks no source whose lifetime is over': async (tester) => {
    const [lone, source] = [await tester.stream({ lifetime: { ttlMs: minuteMs } }), tester.name()];
    await tester.store.log.create(source, { lifetime: { ttlMs: minuteMs } });
    await tester.stream({ fork: { stream: source }, lifetime: {} });
    await tester.world.advance(minuteMs);
    const outcomes = await Promise.all(
      [lone, source].map((stream) => tester.store.log.create(tester.name(), { fork: { stream } })),
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind)),
      ['forkSourceNotFound', 'forkSourceDeleted'],
    );
  },

  'an append that creates a fork finds no source whose lifetime is over': async (tester) => {
    const source = await tester.stream({ lifetime: { ttlMs: minuteMs } });
    await tester.world.advance(minuteMs);
    await tester.refused('forkSourceNotFound', tester.name(), batchOf(['a']), { create: { fork: { stream: source } } });
  },
};
