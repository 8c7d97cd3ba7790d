import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProducer } from '../doors/streams/parse_producer.ts';
import { testBroker } from '../testing/test_broker.ts';
import { openProducer } from './open_producer.ts';
import { isReservedName } from './reserved_names.ts';

test('isReservedName means the part __ds in front, and nothing like it', () => {
  for (const name of ['__ds', '__ds/x', '__ds/subscriptions/s']) assert.equal(isReservedName(name), true, name);
  for (const name of ['__dsx', 'x/__ds', '__DS', '_ds/x', '']) assert.equal(isReservedName(name), false, name);
});

test('openProducer lets nobody write to reserved streams, nor under a reserved name', async () => {
  const { broker } = testBroker();
  const wish = { type: 'produce', channel: 1, stream: 's', producer: 'p', create: true } as const;
  await assert.rejects(openProducer(broker, { ...wish, stream: '__ds/subscriptions/s' }), { code: 'badName' });
  await assert.rejects(openProducer(broker, { ...wish, producer: '__ds/0123456789abcdef' }), { code: 'badName' });
  assert.throws(() => parseProducer({ id: '__ds/x', epoch: '0', sequence: '0' }, 128), { code: 'badName' });
});
