import assert from 'node:assert/strict';
import { openBatches } from '../../batch.ts';
import { crc32 } from '../../crc32.ts';
import { defaultLimits } from '../../limits.ts';
import { batchOf, checksumOf, expectSegments, textsOf } from '../store_tester.ts';
import type { StoreCases } from './case.ts';
import { all, filled, forked, refusal, sent } from './fork_helpers.ts';

const at = (sequence: number, epoch = 0, id = 'p') => ({ producer: { id, epoch, sequence } });

export const forkCases: StoreCases = {
  'fork holds what its source held, goes on by itself, and says where it comes from [P3] [P5]': async (tester) => {
    const source = await filled(tester, { contentType: 'text/plain' });
    const original = await tester.info(source);
    const fork = await forked(tester, { stream: source });
    assert.deepEqual(fork, {
      ...original,
      stream: fork.stream,
      incarnation: fork.incarnation,
      createdNs: fork.createdNs,
      fork: { stream: source, offset: 7, subOffset: 0 },
    });
    assert.notEqual(fork.incarnation, original.incarnation);
    const [ours, theirs] = [
      await tester.appended(fork.stream, batchOf(['fork'])),
      await tester.appended(source, batchOf(['source'])),
    ];
    for (const outcome of [ours, theirs]) assert(outcome.kind === 'appended' && outcome.offset === 7);
    assert(ours.kind === 'appended' && ours.incarnation === fork.incarnation && ours.lineage === original.lineage);
    assert.equal(ours.proof.checksum, checksumOf([...all, 'fork']));
    assert.equal(await tester.store.log.witness(ours.proof), 'consistent');
    assert.deepEqual(await tester.texts(fork.stream), [...all, 'fork']);
    assert.deepEqual(await tester.texts(source), [...all, 'source']);
  },

  'fork at every offset holds the records before it, with the checksum there [P5]': async (tester) => {
    const source = await filled(tester);
    for (let offset = 0; offset <= all.length; offset++) {
      const fork = await forked(tester, { stream: source, offset });
      assert.deepEqual([fork.first, fork.tail, fork.checksum], [0, offset, checksumOf(all.slice(0, offset))]);
      await tester.appended(fork.stream, batchOf(['own', '+']));
      assert.deepEqual(await tester.texts(fork.stream), [...all.slice(0, offset), 'own', '+']);
      for (let from = 0; from < offset + 2; from++) {
        const { segments } = expectSegments(await tester.store.log.read(fork.stream, from, 1));
        const [first] = segments;
        assert(first !== undefined && first.base <= from && from < first.base + first.count);
      }
    }
    assert.deepEqual(await tester.texts(source), all);
  },

  'read of a fork returns segments that continue each other over the fork point, under its own name [P3] [P5]': async (
    tester,
  ) => {
    const source = await filled(tester);
    const { stream, incarnation } = await forked(tester, { stream: source, offset: 5 });
    for (const texts of sent) await tester.appended(stream, batchOf(texts));
    const expected = [...all.slice(0, 5), ...all];
    for (const bytesMax of [1, 200, 100_000]) {
      let [offset, texts] = [0, [] as string[]];
      for (const segment of await tester.segments(stream, 0, bytesMax)) {
        assert.deepEqual([segment.stream, segment.incarnation, segment.close], [stream, incarnation, false]);
        assert.deepEqual([segment.base, segment.checksumBefore], [offset, checksumOf(texts)]);
        texts = [...texts, ...openBatches(segment.bytes, crc32, defaultLimits).flatMap(textsOf)];
        offset += segment.count;
        assert.equal(segment.checksumAfter, checksumOf(texts));
      }
      assert.deepEqual(texts, expected);
    }
  },

  'fork at a sub-offset takes bytes of what one append stored, and a cut record becomes its own [P5]': async (
    tester,
  ) => {
    const source = await tester.stream({ contentType: 'text/plain' });
    await tester.appended(source, batchOf(['first']));
    await tester.appended(source, batchOf(['sec', 'ond'], at(0)));
    const expected: (readonly [number, readonly string[]])[] = [
      [0, []],
      [2, ['se']],
      [3, ['sec']],
      [5, ['sec', 'on']],
      [6, ['sec', 'ond']],
    ];
    for (const [subOffset, taken] of expected) {
      const { stream, tail, checksum, fork } = await forked(tester, { stream: source, offset: 1, subOffset });
      assert.deepEqual(fork, { stream: source, offset: 1, subOffset });
      assert.deepEqual([tail, checksum], [1 + taken.length, checksumOf(['first', ...taken])]);
      await tester.appended(stream, batchOf(['+']));
      assert.deepEqual(await tester.texts(stream), ['first', ...taken, '+']);
    }
    for (const point of [
      { offset: 1, subOffset: 7 },
      { offset: 0, subOffset: 6 },
      { offset: 2, subOffset: 4 },
      { offset: 3, subOffset: 1 },
      { subOffset: 1 },
    ]) {
      assert.equal(await refusal(tester, { stream: source, ...point }), 'forkOffsetInvalid', JSON.stringify(point));
    }
  },

  'fork at a sub-offset of a JSON stream counts records': async (tester) => {
    const source = await tester.stream({ contentType: 'application/json' });
    await tester.appended(source, batchOf(['1', '2', '3']));
    const { stream, contentType } = await forked(tester, { stream: source, offset: 0, subOffset: 2 });
    assert.equal(contentType, 'application/json');
    assert.deepEqual(await tester.texts(stream), ['1', '2']);
    const whole = await forked(tester, { stream: source, offset: 1, subOffset: 2 });
    assert.deepEqual(await tester.texts(whole.stream), ['1', '2', '3']);
    assert.equal(await refusal(tester, { stream: source, offset: 0, subOffset: 4 }), 'forkOffsetInvalid');
  },

  'fork is refused by name, and makes nothing': async (tester) => {
    const source = await filled(tester, { contentType: 'text/plain' });
    const [gone, absent] = [await tester.stream(), tester.name()];
    await tester.store.log.delete(gone);
    assert.equal(await refusal(tester, { stream: absent }), 'forkSourceNotFound');
    assert.equal(await refusal(tester, { stream: gone }), 'forkSourceNotFound');
    assert.equal(await refusal(tester, { stream: source, offset: 9 }), 'forkOffsetInvalid');
    assert.equal(await refusal(tester, { stream: source }, { contentType: 'other/kind' }), 'contentTypeMismatch');
    await tester.store.log.trim(source, 3);
    assert.equal(await refusal(tester, { stream: source, offset: 2 }), 'forkOffsetInvalid');
    assert.equal((await forked(tester, { stream: source, offset: 3 })).tail, 3);
    const name = tester.name();
    assert.equal((await tester.store.log.create(name, { fork: { stream: name } })).kind, 'refused');
  },

  'fork that is refused does not hold its source': async (tester) => {
    const source = await filled(tester);
    await refusal(tester, { stream: source, offset: 99 });
    await refusal(tester, { stream: source, offset: 0, subOffset: 99 });
    await tester.store.log.delete(source);
    assert.equal(await tester.store.log.info(source), 'gone');
  },

  'fork onto an existing stream answers exists and changes nothing': async (tester) => {
    const [source, other] = [await filled(tester), await filled(tester)];
    const before = await tester.info(other);
    const outcome = await tester.store.log.create(other, {
      fork: { stream: source, offset: 99 },
      first: batchOf(['x']),
    });
    assert.deepEqual(outcome, { kind: 'exists', info: before });
    await tester.store.log.delete(source);
    assert.equal(await tester.store.log.info(source), 'gone');
  },

  'fork takes content type and lifetime of its source unless others are asked for': async (tester) => {
    const lifetime = { ttlMs: 60_000 };
    const retention = { bytesMax: 1_000_000 };
    const source = await filled(tester, { contentType: 'text/plain', lifetime, retention });
    const inherited = await forked(tester, { stream: source });
    assert.deepEqual([inherited.contentType, inherited.lifetime, inherited.retention], ['text/plain', lifetime, {}]);
    const expiresAtMs = 4_000_000_000_000;
    const own = await forked(tester, { stream: source }, { contentType: 'text/plain', lifetime: { expiresAtMs } });
    assert.deepEqual(own.lifetime, { expiresAtMs });
  },

  'fork of a closed stream is open, wherever it leaves': async (tester) => {
    const empty = await filled(tester);
    await tester.store.log.close(empty);
    const full = await filled(tester);
    await tester.appended(full, batchOf(['y', 'z'], { ...at(0), close: true }));
    for (const [source, texts] of [
      [empty, all],
      [full, [...all, 'y', 'z']],
    ] as const) {
      for (let offset = 0; offset <= texts.length; offset++) {
        const fork = await forked(tester, { stream: source, offset });
        assert.deepEqual([fork.closed, fork.tail], [false, offset]);
        await tester.appended(fork.stream, batchOf(['+']));
        for (const batch of await tester.batches(fork.stream, 0)) assert.equal(batch.close, false);
        for (const segment of await tester.segments(fork.stream, 0)) assert.equal(segment.close, false);
        assert.deepEqual(await tester.texts(fork.stream), [...texts.slice(0, offset), '+']);
      }
    }
    const fork = await forked(tester, { stream: full });
    const again = await forked(tester, { stream: fork.stream });
    await tester.store.log.close(fork.stream);
    assert.equal((await tester.info(fork.stream)).closed, true);
    assert.equal((await tester.info(again.stream)).closed, false);
    assert.deepEqual(await tester.texts((await forked(tester, { stream: fork.stream })).stream), [...all, 'y', 'z']);
  },

  'fork inherits no producer, key or Stream-Seq [P2]': async (tester) => {
    const source = await tester.stream();
    const [first, second] = [batchOf(['a', 'b'], at(0, 3)), batchOf(['c'], at(1, 3))];
    await tester.appended(source, first, { key: 'k', streamSeq: '5' });
    await tester.appended(source, second);
    for (const point of [{}, { offset: 1 }, { offset: 0, subOffset: 1 }]) {
      const { stream, tail } = await forked(tester, { stream: source, ...point });
      assert.equal(await tester.store.log.producer(stream, 'p'), undefined);
      await tester.refused('epochStart', stream, second);
      const outcome = await tester.appended(stream, first, { key: 'k', streamSeq: '1' });
      assert(outcome.kind === 'appended' && outcome.offset === tail);
      const again = await tester.append(stream, first);
      assert(again.kind === 'duplicate' && again.offset === tail);
      assert.deepEqual(await tester.store.log.producer(stream, 'p'), { epoch: 3, sequence: 0 });
    }
    assert.deepEqual(await tester.store.log.producer(source, 'p'), { epoch: 3, sequence: 1 });
  },

  'forks of forks each go on by themselves': async (tester) => {
    const root = await filled(tester);
    const child = await forked(tester, { stream: root, offset: 4 });
    await tester.appended(child.stream, batchOf(['child', '!']));
    const late = await forked(tester, { stream: child.stream, offset: 5 });
    const early = await forked(tester, { stream: child.stream, offset: 2 });
    const sub = await forked(tester, { stream: child.stream, offset: 4, subOffset: 3 });
    for (const { stream } of [late, early, sub]) await tester.appended(stream, batchOf([stream]));
    await tester.appended(root, batchOf(['root']));
    await tester.appended(child.stream, batchOf(['later']));
    const head = all.slice(0, 4);
    assert.deepEqual(await tester.texts(root), [...all, 'root']);
    assert.deepEqual(await tester.texts(child.stream), [...head, 'child', '!', 'later']);
    assert.deepEqual(await tester.texts(late.stream), [...head, 'child', late.stream]);
    assert.deepEqual(await tester.texts(early.stream), [...head.slice(0, 2), early.stream]);
    assert.deepEqual(await tester.texts(sub.stream), [...head, 'chi', sub.stream]);
    for (const { lineage } of [child, late, early, sub]) assert.equal(lineage, (await tester.info(root)).lineage);
  },

  'fork of what is being appended in the same turn has it or not, as they stand in line': async (tester) => {
    const source = await tester.stream();
    const [before, after] = [tester.name(), tester.name()];
    await Promise.all([
      tester.store.log.create(before, { fork: { stream: source } }),
      tester.appended(source, batchOf(['a'], at(0))),
      tester.store.log.create(after, { fork: { stream: source } }),
      tester.appended(source, batchOf(['b'], at(1))),
      tester.appended(after, batchOf(['c'], at(0))),
    ]);
    assert.deepEqual(await tester.texts(before), []);
    assert.deepEqual(await tester.texts(after), ['a', 'c']);
    assert.deepEqual(await tester.texts(source), ['a', 'b']);
  },
};
