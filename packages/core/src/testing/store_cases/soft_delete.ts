import assert from 'node:assert/strict';
import { batchOf, expectInfo, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

async function filled(tester: StoreTester): Promise<string> {
  const stream = await tester.stream();
  for (const text of ['a', 'b', 'c']) await tester.appended(stream, batchOf([text]));
  return stream;
}

async function forkOf(tester: StoreTester, stream: string): Promise<string> {
  const outcome = await tester.store.log.create(tester.name(), { fork: { stream } });
  return expectInfo(outcome).stream;
}

export const softDeleteCases: StoreCases = {
  'delete of a stream with forks keeps its data for them, and every verb says so': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const { incarnation } = await tester.info(source);
    const fork = await forkOf(tester, source);
    assert.equal(await log.delete(source), 'deleted');
    assert.deepEqual(
      tester.events.filter((event) => event.kind === 'deleted' && event.stream === source),
      [{ kind: 'deleted', stream: source, incarnation }],
    );
    assert.deepEqual(
      [await log.info(source), await log.close(source), await log.trim(source, 1), await log.acceptLoss(source)],
      Array(4).fill('softDeleted'),
    );
    assert.equal(await log.delete(source), 'softDeleted');
    assert.equal(await log.offsetAtTime(source, 0n), 'softDeleted');
    assert.deepEqual(await log.read(source, 0, 100), { kind: 'softDeleted' });
    assert.equal(await log.producer(source, 'p'), undefined);
    assert.deepEqual(await log.list(source, undefined, 9), []);
    await tester.refused('softDeleted', source, batchOf(['x']));
    await tester.refused('softDeleted', source, batchOf(['x']), { create: {} });
    assert.deepEqual(await tester.texts(fork), ['a', 'b', 'c']);
  },

  'create of a stream that forks still read is refused, and forks of it are': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const fork = await forkOf(tester, source);
    await log.delete(source);
    for (const options of [{}, { fork: { stream: fork } }, { first: batchOf(['x']) }]) {
      const outcome = await log.create(source, options);
      assert.equal(outcome.kind === 'refused' && outcome.code, 'exists');
    }
    const late = await log.create(tester.name(), { fork: { stream: source } });
    assert.equal(late.kind === 'refused' && late.code, 'forkSourceDeleted');
    assert.deepEqual(await tester.texts(await forkOf(tester, fork)), ['a', 'b', 'c']);
  },

  'delete of the last fork completes the deletion, and the name is free [P3]': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const { lineage } = await tester.info(source);
    const forks = [await forkOf(tester, source), await forkOf(tester, source)];
    await log.delete(source);
    for (const fork of forks) {
      assert.equal(await log.info(source), 'softDeleted');
      assert.equal(await log.delete(fork), 'deleted');
    }
    assert.equal(await log.info(source), 'gone');
    assert.equal(tester.events.filter((event) => event.kind === 'deleted' && event.stream === source).length, 1);
    const again = expectInfo(await log.create(source));
    assert.notEqual(again.lineage, lineage);
    assert.deepEqual(await tester.texts(source), []);
  },

  'delete of all forks leaves a stream that is not deleted': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const forks = [await forkOf(tester, source), await forkOf(tester, source)];
    for (const fork of forks) await log.delete(fork);
    assert.deepEqual(await tester.texts(source), ['a', 'b', 'c']);
    assert.equal(await log.delete(source), 'deleted');
    assert.equal(await log.info(source), 'gone');
  },

  'delete within a chain of forks: what is deleted last completes all before it': async (tester) => {
    const { log } = tester.store;
    const root = await filled(tester);
    const middle = await forkOf(tester, root);
    await tester.appended(middle, batchOf(['m']));
    const leaf = await forkOf(tester, middle);
    await tester.appended(leaf, batchOf(['l']));
    await log.delete(middle);
    assert.deepEqual(await tester.texts(leaf), ['a', 'b', 'c', 'm', 'l']);
    assert.deepEqual(await tester.texts(root), ['a', 'b', 'c']);
    await log.delete(root);
    assert.deepEqual([await log.info(root), await log.info(middle)], ['softDeleted', 'softDeleted']);
    assert.deepEqual(await tester.texts(leaf), ['a', 'b', 'c', 'm', 'l']);
    await log.delete(leaf);
    for (const stream of [root, middle, leaf]) assert.equal(await log.info(stream), 'gone');
  },

  'delete of a source that its fork reads nothing of still waits for the fork': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const fork = tester.name();
    await log.create(fork, { fork: { stream: source, offset: 0 } });
    await log.delete(source);
    assert.equal(await log.info(source), 'softDeleted');
    await log.delete(fork);
    assert.equal(await log.info(source), 'gone');
  },

  'delete and fork in one turn are decided in the order in which they came': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const [early, late] = [tester.name(), tester.name()];
    const answers = await Promise.all([
      log.create(early, { fork: { stream: source } }),
      log.delete(source),
      log.create(late, { fork: { stream: source } }),
      log.delete(early),
      log.create(late, { fork: { stream: source } }),
      log.create(source),
    ]);
    assert.deepEqual(
      answers.map((answer) =>
        typeof answer === 'string' ? answer : answer.kind === 'refused' ? answer.code : answer.kind,
      ),
      ['created', 'deleted', 'forkSourceDeleted', 'deleted', 'forkSourceNotFound', 'created'],
    );
    assert.deepEqual(await tester.texts(source), []);
  },

  'trim that made a fork independent of its source does not end the waiting of the source': async (tester) => {
    const { log } = tester.store;
    const source = await filled(tester);
    const fork = await forkOf(tester, source);
    await tester.appended(fork, batchOf(['own']));
    await log.delete(source);
    await log.trim(fork, 3);
    assert.equal(await log.info(source), 'softDeleted');
    assert.deepEqual(await tester.texts(fork), ['own']);
    await log.delete(fork);
    assert.equal(await log.info(source), 'gone');
  },
};
