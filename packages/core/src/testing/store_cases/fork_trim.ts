import assert from 'node:assert/strict';
import { batchOf, checksumOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';
import { all, filled, forked, sent } from './fork_helpers.ts';

export const forkTrimCases: StoreCases = {
  'trim of a source takes nothing from its forks, and trim of a fork nothing from its source [P6]': async (tester) => {
    const source = await filled(tester);
    const fork = await forked(tester, { stream: source });
    const child = await forked(tester, { stream: fork.stream });
    await tester.appended(fork.stream, batchOf(['own']));
    await tester.store.log.trim(source, 100);
    await tester.appended(source, batchOf(['more']));
    assert.deepEqual(await tester.texts(source), ['more']);
    assert.deepEqual(await tester.texts(fork.stream), [...all, 'own']);
    const info = await tester.store.log.trim(fork.stream, 3);
    assert(typeof info === 'object');
    assert.deepEqual([info.first, info.firstChecksum, info.tail], [3, checksumOf(all.slice(0, 3)), 8]);
    assert.deepEqual(await tester.texts(fork.stream), [...all.slice(3), 'own']);
    assert.equal((await tester.store.log.read(fork.stream, 0, 100)).kind, 'trimmed');
    assert.deepEqual(await tester.texts(child.stream), all);
    await tester.store.log.trim(fork.stream, 100);
    assert.deepEqual(await tester.texts(fork.stream), []);
    assert.deepEqual(await tester.texts(child.stream), all);
  },

  'fork of a trimmed stream begins where that begins [P5] [P6]': async (tester) => {
    const source = await filled(tester);
    await tester.store.log.trim(source, 3);
    const { first, firstChecksum } = await tester.info(source);
    const fork = await forked(tester, { stream: source, offset: 5 });
    assert.deepEqual([fork.first, fork.firstChecksum, fork.tail], [first, firstChecksum, 5]);
    assert.deepEqual(await tester.texts(fork.stream), all.slice(3, 5));
    const empty = await forked(tester, { stream: source, offset: 3 });
    assert.deepEqual([empty.first, empty.tail, empty.bytes, empty.checksum], [3, 3, 0, firstChecksum]);
    await tester.store.log.trim(source, 100);
    const none = await forked(tester, { stream: source });
    assert.deepEqual([none.first, none.tail], [7, 7]);
    await tester.appended(none.stream, batchOf(['x']));
    assert.deepEqual(await tester.texts(none.stream), ['x']);
  },

  'retention of a fork counts what it inherited [P6] [P7]': async (tester) => {
    const source = await filled(tester);
    const fork = await forked(tester, { stream: source }, { retention: { bytesMax: 6 } });
    await tester.appended(fork.stream, batchOf(['new']));
    const info = await tester.info(fork.stream);
    assert.deepEqual([info.first, info.firstChecksum], [6, checksumOf(all.slice(0, 6))]);
    assert.deepEqual(await tester.texts(fork.stream), [...all.slice(6), 'new']);
    assert.deepEqual(await tester.texts(source), all);
  },

  'fork keeps when its records were stored': async (tester) => {
    const source = await tester.stream();
    const beforeNs = tester.world.world.clock.wallNs();
    await tester.appended(source, batchOf(['old', 'older']));
    await tester.world.advance(5_000);
    const { stream } = await forked(tester, { stream: source, offset: 1, subOffset: 2 });
    await tester.appended(stream, batchOf(['new']));
    const { log } = tester.store;
    assert.equal(await log.offsetAtTime(stream, beforeNs), 0);
    assert.equal(await log.offsetAtTime(stream, beforeNs + 1_000_000_000n), 2);
    assert.equal(await log.offsetAtTime(stream, beforeNs + 9_000_000_000n), 3);
  },

  'bytes of a fork counts the batches it inherited': async (tester) => {
    const source = await filled(tester);
    const fork = await forked(tester, { stream: source, offset: 3 });
    const bytes = batchOf(sent[0] ?? []).bytes.length + batchOf(sent[1] ?? []).bytes.length;
    assert.equal(fork.bytes, bytes);
    const info = await tester.store.log.trim(fork.stream, 2);
    assert(typeof info === 'object' && info.bytes === batchOf(sent[1] ?? []).bytes.length);
  },
};
