import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from '@packetboat/core';
import { streamRequest } from '../../testing/stream_request.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { create } from './create.ts';
import { describe } from './describe.ts';
import { remove } from './remove.ts';

test('stream door: HEAD: the type, the end and the checksum of what is there, not to be cached [P5]', async () => {
  const { broker } = testBroker();
  const headers = { 'Content-Type': 'text/plain', 'Stream-TTL': '3600', 'Stream-Closed': 'true' };
  const created = await create(broker, streamRequest('s', { headers, body: 'all' }));
  const answer = await describe(broker, streamRequest('s'));
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.headers, {
    'Content-Type': 'text/plain',
    'Stream-Next-Offset': created.headers['Stream-Next-Offset'],
    'Stream-Closed': 'true',
    'Stream-TTL': '3600',
    'Stream-Checksum': crc32(new TextEncoder().encode('all')).toString(16).padStart(8, '0'),
    'Cache-Control': 'no-store',
  });
  assert.equal(answer.body, undefined);
});

test('stream door: HEAD: an open stream has no Stream-Closed, one with a moment to expire says it', async () => {
  const { broker } = testBroker();
  const headers = { 'Stream-Expires-At': '2124-01-01T01:00:00+01:00' };
  await create(broker, streamRequest('s', { headers }));
  const answer = await describe(broker, streamRequest('s'));
  assert.equal(answer.headers['Stream-Closed'], undefined);
  assert.equal(answer.headers['Stream-TTL'], undefined);
  assert.equal(answer.headers['Stream-Expires-At'], '2124-01-01T00:00:00Z');
});

test('stream door: HEAD is no reading: a TTL runs on', async () => {
  const { broker, virtual } = testBroker();
  await create(broker, streamRequest('s', { headers: { 'Stream-TTL': '10' } }));
  for (let second = 0; second < 9; second++) {
    await virtual.advance(1_000);
    assert.equal((await describe(broker, streamRequest('s'))).status, 200);
  }
  await virtual.advance(60_000);
  await assert.rejects(describe(broker, streamRequest('s')), { code: 'gone' });
});

test('stream door: HEAD: no stream, a deleted one, one that only forks read: each by name', async () => {
  const { broker } = testBroker();
  await assert.rejects(describe(broker, streamRequest('s')), { code: 'notFound' });
  await create(broker, streamRequest('s'));
  await create(broker, streamRequest('f', { headers: { 'Stream-Forked-From': '/v1/stream/s' } }));
  await remove(broker, streamRequest('s'));
  await assert.rejects(describe(broker, streamRequest('s')), { code: 'softDeleted' });
  await remove(broker, streamRequest('f'));
  await assert.rejects(describe(broker, streamRequest('f')), { code: 'gone' });
});
