import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamRequest } from '../../testing/stream_request.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { create } from './create.ts';
import { remove } from './remove.ts';

test('stream door: DELETE: the stream and its cursors are gone, and a second one finds nothing', async () => {
  const { broker, store } = testBroker();
  await assert.rejects(remove(broker, streamRequest('s')), { code: 'notFound' });
  await create(broker, streamRequest('s', { body: 'x' }));
  const info = await store.log.info('s');
  assert(typeof info === 'object');
  await broker.cursors.move('s', 'reader', { incarnation: info.incarnation, offset: 1 });
  assert.deepEqual(await remove(broker, streamRequest('s')), { status: 204, headers: {} });
  assert.equal(await store.log.info('s'), 'gone');
  assert.equal(await broker.cursors.get('s', 'reader'), undefined);
  await assert.rejects(remove(broker, streamRequest('s')), { code: 'gone' });
});

test('stream door: DELETE: what forks still read is kept for them until the last one is deleted', async () => {
  const { broker, store } = testBroker();
  await create(broker, streamRequest('s', { body: 'x' }));
  await create(broker, streamRequest('f', { headers: { 'Stream-Forked-From': '/v1/stream/s' } }));
  assert.equal((await remove(broker, streamRequest('s'))).status, 204);
  await assert.rejects(remove(broker, streamRequest('s')), { code: 'softDeleted' });
  assert.equal((await store.log.read('f', 0, 1_000)).kind, 'segments');
  await remove(broker, streamRequest('f'));
  assert.equal(await store.log.info('s'), 'gone');
});

test('stream door: DELETE while the server stops: refused, the stream stays', async () => {
  const { broker, store } = testBroker();
  await create(broker, streamRequest('s'));
  void broker.stop();
  await assert.rejects(remove(broker, streamRequest('s')), { code: 'stopping' });
  assert.equal(typeof (await store.log.info('s')), 'object');
});
