import assert from 'node:assert/strict';
import { batchOf, expectInfo } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

export const createCases: StoreCases = {
  'create makes an empty, open stream and says how it was made': async (tester) => {
    const stream = tester.name();
    const options = { contentType: 'text/plain', retention: { ageMsMax: 5_000, bytesMax: 100_000 } };
    const created = await tester.store.log.create(stream, options);
    assert.equal(created.kind, 'created');
    const info = expectInfo(created);
    const { incarnation, lineage, createdNs, ...rest } = info;
    assert.match(lineage, /^\S+$/);
    assert.match(incarnation, /^\S+$/);
    assert.equal(typeof createdNs, 'bigint');
    assert.deepEqual(rest, {
      stream,
      contentType: 'text/plain',
      retention: options.retention,
      lifetime: {},
      fork: undefined,
      closed: false,
      first: 0,
      firstChecksum: 0,
      tail: 0,
      checksum: 0,
      bytes: 0,
      loss: undefined,
    });
    assert.deepEqual(await tester.info(stream), info);
  },

  'create without options keeps everything, as application/octet-stream': async (tester) => {
    const info = expectInfo(await tester.store.log.create(tester.name()));
    assert.equal(info.contentType, 'application/octet-stream');
    assert.deepEqual(info.retention, {});
  },

  'create of an existing stream answers exists and changes nothing': async (tester) => {
    const stream = await tester.stream({ contentType: 'text/plain' });
    await tester.appended(stream, batchOf(['a']));
    const before = await tester.info(stream);
    const outcome = await tester.store.log.create(stream, { contentType: 'application/json' });
    assert.deepEqual(outcome, { kind: 'exists', info: before });
  },

  'create refuses a name that is no path, and nothing is there': async (tester) => {
    for (const bad of ['', '/', 'a//b', '../a', 'a/.', 'line\nbreak', '\ud800', 'n'.repeat(1_000)]) {
      await assert.rejects(tester.store.log.create(bad), { code: 'badName' }, JSON.stringify(bad));
    }
  },

  'create takes __proto__ and constructor as ordinary names': async (tester) => {
    for (const stream of ['__proto__', 'constructor', 'toString']) {
      assert.equal(await tester.store.log.info(stream), 'notFound');
      assert.equal((await tester.store.log.create(stream)).kind, 'created');
      await tester.appended(stream, batchOf([stream], { producer: { id: '__proto__', epoch: 0, sequence: 0 } }));
      assert.deepEqual(await tester.texts(stream), [stream]);
      assert.deepEqual(await tester.store.log.producer(stream, '__proto__'), { epoch: 0, sequence: 0 });
      assert.equal(await tester.store.log.producer(stream, 'constructor'), undefined);
      await tester.store.log.delete(stream);
    }
  },

  'create after delete makes a new incarnation that remembers nothing [P3]': async (tester) => {
    const stream = await tester.stream();
    const first = await tester.info(stream);
    const position = { id: 'p', epoch: 4, sequence: 0 };
    await tester.appended(stream, batchOf(['old'], { producer: position }), { key: 'k', streamSeq: '9' });
    assert.equal(await tester.store.log.delete(stream), 'deleted');
    const created = await tester.store.log.create(stream);
    assert.equal(created.kind, 'created');
    const info = expectInfo(created);
    assert.notEqual(info.incarnation, first.incarnation);
    assert.equal(info.tail, 0);
    assert.equal(await tester.store.log.producer(stream, 'p'), undefined);
    const again = batchOf(['new'], { producer: { ...position, epoch: 0 } });
    await tester.refused('incarnationMismatch', stream, again, { incarnation: first.incarnation });
    const outcome = await tester.appended(stream, again, { key: 'k', streamSeq: '1' });
    assert.equal(outcome.kind === 'appended' && outcome.offset, 0);
    assert.deepEqual(await tester.texts(stream), ['new']);
  },

  'append creates a stream whose name was never used, when asked to': async (tester) => {
    const stream = tester.name();
    await tester.refused('notFound', stream, batchOf(['a']));
    const create = { contentType: 'text/plain' };
    await tester.appended(stream, batchOf(['a']), { create });
    await tester.appended(stream, batchOf(['b']), { create: { contentType: 'other/kind' } });
    assert.equal((await tester.info(stream)).contentType, 'text/plain');
    assert.deepEqual(await tester.texts(stream), ['a', 'b']);
  },

  'append that is refused creates nothing': async (tester) => {
    const stream = tester.name();
    const late = batchOf(['a'], { producer: { id: 'p', epoch: 0, sequence: 3 } });
    await tester.refused('epochStart', stream, late, { create: {} });
    assert.equal(await tester.store.log.info(stream), 'notFound');
  },

  'append to a deleted stream is gone, also when asked to create it [F4]': async (tester) => {
    const stream = await tester.stream();
    await tester.store.log.delete(stream);
    await tester.refused('gone', stream, batchOf(['a']));
    await tester.refused('gone', stream, batchOf(['a']), { create: {} });
    assert.equal(await tester.store.log.info(stream), 'gone');
  },
};
