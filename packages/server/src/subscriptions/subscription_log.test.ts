import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SubscriptionBench } from '../testing/subscription_bench.ts';

const webhook = (url = 'https://hooks.example.com/in') => ({ type: 'webhook', webhook: { url } });

test('Subscriptions drop events that one event can say, and forget nothing [P7]', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: '**' });
  for (let round = 0; round < 40; round++) await bench.append('a', round);
  const events = await bench.records('__ds/subscriptions/s');
  assert(events.length < 2 * bench.limits.subscriptionEventsMax, `${events.length} events`);
  assert.equal(events[0]?.['event'], 'state');
  await bench.restart();
  assert.deepEqual(await bench.acked('s'), { a: 40 });
  await bench.append('a', 41);
  assert.equal(bench.calls.at(-1)?.said.generation, 41);
});

test('Subscriptions go on by themselves after the store could not take their events', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: '**' });
  const { log } = bench.store;
  const append = log.append.bind(log);
  let refused = 0;
  log.append = (request) => {
    if (!request.stream.startsWith('__ds/')) return append(request);
    refused += 1;
    return Promise.reject(new Error('no room'));
  };
  await bench.append('a', 1);
  await bench.virtual.advance(120_000);
  assert(refused > 1 && refused < 40, `${refused} attempts`);
  assert.equal(bench.calls.length, 0, 'nothing follows from what is not stored');
  log.append = append;
  await bench.virtual.advance(60_000);
  assert.deepEqual(await bench.acked('s'), { a: 1 });
});
