import assert from 'node:assert/strict';
import { batchOf, checksumOf, expectInfo } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

export const firstCases: StoreCases = {
  'create stores first records with the creation, and tells the listener [P1] [P5]': async (tester) => {
    const stream = tester.name();
    const outcome = await tester.store.log.create(stream, { contentType: 'text/plain', first: batchOf(['a', 'b']) });
    assert.equal(outcome.kind, 'created');
    const info = expectInfo(outcome);
    assert.deepEqual([info.tail, info.checksum, info.closed], [2, checksumOf(['a', 'b']), false]);
    assert.deepEqual(await tester.info(stream), info);
    const told = tester.told(stream).map(({ base, count, checksumAfter }) => [base, count, checksumAfter]);
    assert.deepEqual(told, [[0, 2, checksumOf(['a', 'b'])]]);
    await tester.appended(stream, batchOf(['c']));
    assert.deepEqual(await tester.texts(stream), ['a', 'b', 'c']);
  },

  'create of an existing stream stores no first records': async (tester) => {
    const stream = await tester.stream();
    const outcomes = await Promise.all(
      ['a', 'b'].map((text) => tester.store.log.create(`${stream}/x`, { first: batchOf([text]) })),
    );
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['created', 'exists'],
    );
    await tester.store.log.create(stream, { first: batchOf(['late'], { close: true }) });
    assert.deepEqual(await tester.texts(`${stream}/x`), ['a']);
    assert.deepEqual([await tester.texts(stream), (await tester.info(stream)).closed], [[], false]);
  },

  'create with a first batch that closes makes a final stream, with or without records': async (tester) => {
    for (const texts of [['all'], []]) {
      const stream = tester.name();
      const info = expectInfo(await tester.store.log.create(stream, { first: batchOf(texts, { close: true }) }));
      assert.deepEqual([info.closed, info.tail], [true, texts.length]);
      assert.equal(tester.told(stream).at(-1)?.close, true);
      await tester.refused('closed', stream, batchOf(['more']));
      assert.deepEqual(await tester.texts(stream), texts);
    }
  },

  'create of a fork puts first records behind what it inherits, and tells the listener of them alone': async (
    tester,
  ) => {
    const source = await tester.stream();
    await tester.appended(source, batchOf(['hello']));
    const stream = tester.name();
    const fork = { stream: source, offset: 0, subOffset: 3 };
    const info = expectInfo(await tester.store.log.create(stream, { fork, first: batchOf(['XY']) }));
    assert.deepEqual([info.tail, info.checksum], [2, checksumOf(['helXY'])]);
    assert.deepEqual(await tester.texts(stream), ['hel', 'XY']);
    assert.deepEqual(
      tester.told(stream).map(({ base, count }) => [base, count]),
      [[1, 1]],
    );
  },

  'create takes no first records of a producer': async (tester) => {
    const stream = tester.name();
    const first = batchOf(['a'], { producer: { id: 'p', epoch: 0, sequence: 0 } });
    await assert.rejects(tester.store.log.create(stream, { first }), { code: 'badRequest' });
    await assert.rejects(tester.append(stream, batchOf(['b']), { create: { first } }), { code: 'badRequest' });
    assert.equal(await tester.store.log.info(stream), 'notFound');
  },

  'append that creates its stream stores the first records before its own, all or nothing': async (tester) => {
    const [stream, closed, source] = [tester.name(), tester.name(), await tester.stream()];
    const create = { first: batchOf(['a', 'b']) };
    await tester.refused('offsetConflict', stream, batchOf(['c']), { create, expectedOffset: 0 });
    assert.equal(await tester.store.log.info(stream), 'notFound');
    const outcome = await tester.appended(stream, batchOf(['c']), { create, expectedOffset: 2 });
    assert(outcome.kind === 'appended' && outcome.offset === 2 && outcome.proof.offset === 3);
    await tester.appended(stream, batchOf(['d']), { create });
    assert.deepEqual(await tester.texts(stream), ['a', 'b', 'c', 'd']);
    const told = tester.told(stream).reduce((sum, { count }) => sum + count, 0);
    assert.equal(told, 4);
    await tester.refused('closed', closed, batchOf(['c']), { create: { first: batchOf(['a'], { close: true }) } });
    assert.equal(await tester.store.log.info(closed), 'notFound');

    await tester.appended(source, batchOf(['s']));
    const fork = tester.name();
    const forked = await tester.appended(fork, batchOf(['f']), { create: { ...create, fork: { stream: source } } });
    assert(forked.kind === 'appended' && forked.lineage === (await tester.info(source)).lineage);
    assert.deepEqual(await tester.texts(fork), ['s', 'a', 'b', 'f']);
    await tester.refused('forkSourceNotFound', tester.name(), batchOf(['f']), { create: { fork: { stream: closed } } });
  },
};
