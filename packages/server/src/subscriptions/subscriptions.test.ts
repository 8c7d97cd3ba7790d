import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackOf, codeOf, SubscriptionBench } from '../testing/subscription_bench.ts';

const webhook = (url = 'https://hooks.example.com/in') => ({ type: 'webhook', webhook: { url } });
const pull = { type: 'pull-wake', wake_stream: 'wake/pool', lease_ttl_ms: 1_000 };
const long = (name: string) => `${name}/${'x'.repeat(100)}`;

test('Subscriptions link what exists at its tail, and what comes from before its first record', async () => {
  const bench = await SubscriptionBench.open();
  await bench.append('events/old', 1, 2);
  await bench.create('events/empty');
  await bench.append('others/x', 1);
  await bench.put('s', { ...webhook(), pattern: 'events/*', streams: ['named', 'others/x'] });
  assert.deepEqual(await bench.acked('s'), { named: -1, 'others/x': 1, 'events/empty': 0, 'events/old': 2 });
  await bench.append('events/new', 1);
  await bench.append('named', 1);
  await bench.append('events/not/matched', 1);
  const linked = await bench.acked('s');
  assert.equal(linked['events/new'], -1);
  assert.equal(Object.keys(linked).length, 5);
});

test('Subscriptions begin anew with a stream that was created anew', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: '*' });
  await bench.append('a', 1, 2, 3);
  await bench.remove('a');
  await bench.create('a');
  await bench.append('a', 1);
  assert.deepEqual(await bench.acked('s'), { a: 1 });
  assert.equal(bench.calls.length, 2);
});

test('Subscriptions refuse to remember more than they may, in words, and take what there is room for [P7]', async () => {
  const bench = await SubscriptionBench.open({ subscriptionsMax: 2 });
  await bench.put('s', { ...webhook(), pattern: 'in/**', streams: ['a'] });
  const many = Array.from({ length: 20 }, (_, index) => long(`named/${index}`));
  const refused = await bench.ask('POST', '/subscriptions/s/streams', { streams: many });
  assert.equal(codeOf(refused), '429 LIMIT_REACHED');
  assert.deepEqual(await bench.acked('s'), { a: -1 }, 'all or nothing');
  for (let index = 0; index < 20; index++) await bench.append(long(`in/${index}`), 1);
  const { body } = await bench.ask('GET', '/subscriptions/s');
  const linked = Object.keys(await bench.acked('s')).length;
  assert(linked > 2 && linked < 12, `${linked} links`);
  assert.equal(body['refused_links'], 21 - linked);
  assert(bench.warnings.some((message) => message.includes('subscriptionBytesMax')));
  const wide = await bench.put('wide', { ...webhook(), pattern: '**' });
  assert.equal(wide.status, 429, 'a pattern that finds too much');
  assert.equal((await bench.put('t', { ...webhook(), streams: ['a'] })).status, 201);
  assert.equal((await bench.put('u', { ...webhook(), streams: ['a'] })).status, 429);
  assert.equal((await bench.ask('DELETE', '/subscriptions/t')).status, 204);
  assert.equal((await bench.put('u', { ...webhook(), streams: ['a'] })).status, 201);
});

test('Subscriptions: a deleted one does nothing any more, and its id is free for another', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = () => new Promise(() => undefined);
  await bench.put('s', { ...webhook(), pattern: '**' });
  await bench.append('a', 1);
  const said = bench.calls[0]?.said ?? assert.fail();
  assert.equal((await bench.ask('DELETE', '/subscriptions/s')).status, 204);
  assert.equal(bench.calls[0]?.signal.aborted, true);
  assert.equal((await bench.ask('DELETE', '/subscriptions/s')).status, 204);
  const late = await bench.ask('POST', '/subscriptions/s/callback', ackOf(said), said.callback_token);
  assert.equal(codeOf(late), '404 SUBSCRIPTION_NOT_FOUND');
  await bench.append('a', 2);
  assert.equal(bench.virtual.pendingTimers, 0);
  await bench.restart();
  assert.equal(bench.subscriptions.size, 0);
  assert.equal((await bench.put('s', { ...pull, streams: ['a'] })).status, 201);
});

test('Subscriptions: one that cannot be read is told, harms no other, and can be deleted', async () => {
  const bench = await SubscriptionBench.open();
  await bench.append('__ds/subscriptions/bad', { event: 'from-the-future' });
  await bench.put('good', { ...webhook(), pattern: '**' });
  await bench.restart();
  const bad = await bench.ask('GET', '/subscriptions/bad');
  assert.equal(codeOf(bad), '500 DAMAGED');
  assert.equal((await bench.put('bad', { ...webhook(), pattern: '**' })).status, 500);
  assert.equal((await bench.ask('GET', '/subscriptions/good')).status, 200);
  assert.equal((await bench.ask('DELETE', '/subscriptions/bad')).status, 204);
  assert.equal((await bench.put('bad', { ...webhook(), pattern: '**' })).status, 201);
});

test('Subscriptions: one whose receiver hangs and one whose wake stream is missing disturb no third', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = (call) =>
    call.target.host === 'slow.example.com'
      ? new Promise(() => undefined)
      : Promise.resolve({ status: 200, body: '{"done":true}' });
  await bench.put('slow', { ...webhook('https://slow.example.com/'), pattern: '**' });
  await bench.put('lost', { ...pull, pattern: '**' });
  await bench.put('good', { ...webhook(), pattern: '**' });
  for (let round = 1; round <= 20; round++) await bench.append('a', round);
  assert.deepEqual(await bench.acked('good'), { a: 20 });
  assert.equal(bench.calls.filter(({ target }) => target.host === 'slow.example.com').length, 1);
});

test('Subscriptions tell the address at which they were confirmed last', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...webhook(), pattern: '**' });
  bench.origin = 'http://ship:8000';
  assert.equal((await bench.put('s', { ...webhook(), pattern: '**' })).status, 200);
  await bench.restart();
  await bench.append('a', 1);
  assert.equal(bench.calls[0]?.said.callback_url, 'http://ship:8000/v1/stream/__ds/subscriptions/s/callback');
});

test('Subscriptions: a flood of requests about one is bounded, and others are served [P7]', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...pull, streams: ['a'] });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' })),
  );
  const busy = answers.filter(({ status }) => status === 503);
  assert(busy.length > 0 && busy.every(({ headers }) => headers['Retry-After'] === '1'));
  assert.equal((await bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' })).status, 409);
});

test('Subscriptions: a restart: records that came unseen are found, also in streams that were not linked yet', async () => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: 'in/*', streams: ['named', 'gone'] });
  await bench.append('in/a', 1);
  await bench.append('gone', 1);
  bench.subscriptions.stop();
  await bench.append('in/a', 2);
  await bench.append('in/b', 1);
  await bench.append('named', 1);
  await bench.append('out/c', 1);
  await bench.remove('gone');
  await bench.restart();
  assert.deepEqual(await bench.acked('s'), { named: 1, 'in/a': 2, 'in/b': 1 });
});

test('Subscriptions: streams that come and go empty take no room: what comes behind them is linked and told [P7]', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...webhook(), pattern: 'in/**' });
  for (let index = 0; index < 40; index++) {
    await bench.create(long(`in/${index}`));
    await bench.remove(long(`in/${index}`));
  }
  await bench.append('in/new', 1);
  assert.deepEqual(await bench.acked('s'), { 'in/new': -1 });
  assert.equal(bench.calls.length, 1);
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['refused_links'], undefined);
});

test('Subscriptions: streams that there was no room for are linked when there is room, without a further record', async (t) => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...webhook(), pattern: 'in/**' });
  const names = Array.from({ length: 30 }, (_, index) => long(`in/${index + 10}`));
  for (const name of names) await bench.append(name, 1);
  const linked = async () => Object.keys(await bench.acked('s')).toSorted();
  const count = (await linked()).length;
  assert.deepEqual(await linked(), names.slice(0, count));
  await bench.remove(names[0] ?? '');
  assert.deepEqual(await linked(), names.slice(1, count + 1));
  await bench.restart();
  const failing = t.mock.method(bench.store.log, 'list', () => Promise.reject(new Error('the disk is busy')), {
    times: 1,
  });
  await bench.remove(names[1] ?? '');
  assert.equal(failing.mock.callCount(), 1);
  assert.deepEqual(await linked(), names.slice(2, count + 1));
  await bench.virtual.advance(60_000);
  assert.deepEqual(await linked(), names.slice(2, count + 2));
  for (const name of names.slice(2, count + 2)) await bench.remove(name);
  assert.deepEqual(await linked(), names.slice(count + 2, 2 * count + 2));
});

test('Subscriptions: a stream that is deleted while it takes the last room is not linked', async (t) => {
  const bench = await SubscriptionBench.open({ subscriptionBytesMax: 300 });
  await bench.put('s', { ...webhook(), pattern: 'in/*' });
  const { log } = bench.store;
  const info = log.info.bind(log);
  t.mock.method(log, 'info', async (stream: string) => {
    const found = await info(stream);
    if (stream === 'in/a' && typeof found === 'object') await bench.remove('in/a');
    return found;
  });
  await bench.append('in/a', 1);
  for (let round = 0; round < 3; round++) await bench.settle();
  assert.deepEqual(await bench.acked('s'), {});
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['refused_links'], undefined);
});

test('Subscriptions: records that come while their stream is being looked up are told as well', async (t) => {
  const bench = await SubscriptionBench.open();
  bench.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.put('s', { ...webhook(), pattern: 'in/*' });
  const { log } = bench.store;
  const info = log.info.bind(log);
  let appends = 0;
  t.mock.method(log, 'info', async (stream: string) => {
    const found = await info(stream);
    if (stream === 'in/a' && appends++ === 0) await bench.append('in/a', 2);
    return found;
  });
  await bench.append('in/a', 1);
  await bench.settle();
  assert.deepEqual(await bench.acked('s'), { 'in/a': 2 });
});
