import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackOf, codeOf, SubscriptionBench } from '../testing/subscription_bench.ts';

const webhook = (url = 'https://hooks.example.com/in') => ({ type: 'webhook', webhook: { url } });

test('Subscriptions call a webhook once for what is pending, and take "done" for all of it', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: '**' });
  await bench.append('a', 1, 2);
  assert.equal(bench.calls.length, 1);
  const [call] = bench.calls;
  assert.equal(call?.said.callback_url, 'http://boat/v1/stream/__ds/subscriptions/s/callback');
  assert.deepEqual(
    call?.said.streams.map(({ path, has_pending }) => [path, has_pending]),
    [['a', true]],
  );
  assert.match(call?.headers['Webhook-Signature'] ?? '', /^t=1600000000,kid=ds_[\w-]+,ed25519=[\w-]+$/);
  assert.deepEqual(await bench.acked('s'), { a: 2 });
  await bench.append('a', 3);
  assert.deepEqual(
    bench.calls.map(({ said }) => said.generation),
    [1, 2],
  );
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions wake a webhook again for what came while it worked', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...webhook(), pattern: '**', lease_ttl_ms: 1_000 });
  await bench.append('a', 1);
  await bench.append('a', 2);
  await bench.append('b', 1);
  assert.equal(bench.calls.length, 1, 'while somebody works nobody else is woken');
  const said = bench.calls[0]?.said ?? assert.fail();
  const answer = await bench.ask('POST', '/subscriptions/s/callback', ackOf(said), said.callback_token);
  assert.deepEqual(answer.body, { ok: true, next_wake: true });
  assert.deepEqual(await bench.acked('s'), { a: 1, b: -1 });
  assert.deepEqual(
    bench.calls.map((call) => call.said.generation),
    [1, 2],
  );
});

test('Subscriptions take a callback that overtakes the answer to the call, and forget a late answer', async () => {
  const bench = await SubscriptionBench.open();
  const answer = Promise.withResolvers<{ status: number; body: string }>();
  bench.answer = () => answer.promise;
  await bench.put('s', { ...webhook(), streams: ['a'] });
  await bench.append('a', 1);
  const said = bench.calls[0]?.said ?? assert.fail();
  const heard = await bench.ask(
    'POST',
    '/subscriptions/s/callback',
    { ...ackOf(said, false), acks: [] },
    said.callback_token,
  );
  assert.equal(heard.status, 200);
  const done = await bench.ask('POST', '/subscriptions/s/callback', ackOf(said), said.callback_token);
  assert.deepEqual(done.body, { ok: true, next_wake: false });
  answer.resolve({ status: 500, body: '' });
  await bench.settle();
  assert.deepEqual(await bench.acked('s'), { a: 1 });
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'active');
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions call a failing webhook again, each time later, with the same wake, for ever', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 503, body: '' });
  await bench.put('s', { ...webhook(), streams: ['a'] });
  await bench.append('a', 1);
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'failed');
  await bench.virtual.advance(600_000);
  const calls = bench.calls.length;
  assert(calls >= 10 && calls <= 60, `${calls} calls in ten minutes`);
  assert.equal(new Set(bench.calls.map(({ said }) => said.wake_id)).size, 1);
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.virtual.advance(60_000);
  assert.deepEqual(await bench.acked('s'), { a: 1 });
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'active');
  assert.equal(bench.calls.length, calls + 1);
});

test('Subscriptions wake again when the lease of a webhook ends, and slow down when nothing comes of it', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...webhook(), streams: ['a'], lease_ttl_ms: 1_000 });
  const calls = () => bench.calls.length;
  await bench.append('a', 1);
  await bench.virtual.advance(999);
  assert.equal(calls(), 1);
  await bench.virtual.advance(1);
  assert.equal(calls(), 2, 'the first time at once');
  await bench.virtual.advance(600_000);
  assert(calls() < 60, `${calls()} calls in ten minutes`);
  const late = bench.calls[0]?.said ?? assert.fail();
  const fenced = await bench.ask('POST', '/subscriptions/s/callback', ackOf(late), late.callback_token);
  assert.equal(fenced.status, 409);
  assert.equal(codeOf(fenced), '409 FENCED');
});

test('Subscriptions: a restart: calls that were not answered are made again under a new generation', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = () => new Promise(() => undefined);
  await bench.put('s', { ...webhook(), streams: ['a'] });
  await bench.append('a', 1);
  assert.equal(bench.calls[0]?.signal.aborted, false);
  await bench.restart();
  assert.equal(bench.calls[0]?.signal.aborted, true, 'a stop aborts what is on its way');
  assert.deepEqual(
    bench.calls.map(({ said }) => said.generation),
    [1, 2],
  );
});
