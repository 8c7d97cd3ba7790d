import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackOf, codeOf, SubscriptionBench } from '../testing/subscription_bench.ts';

const pull = { type: 'pull-wake', wake_stream: 'wake/pool', lease_ttl_ms: 1_000 };

test('Subscriptions tell workers of a wake once, and give the work to one of them', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.put('s', { ...pull, pattern: '**' });
  await bench.append('a', 1);
  await bench.append('a', 2);
  assert.deepEqual(await bench.records('wake/pool'), [
    { type: 'wake', subscription_id: 's', stream: 'a', generation: 1, ts: 1_600_000_000_000 },
  ]);
  const first = await bench.claim('s');
  assert.equal(first.status, 200);
  const busy = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'worker-2' });
  assert.equal(busy.status, 409);
  const { code, current_holder, generation } = busy.body['error'] as Record<string, unknown>;
  assert.deepEqual([code, current_holder, generation], ['ALREADY_CLAIMED', 'worker-1', 1]);
  const acked = await bench.ask('POST', '/subscriptions/s/ack', ackOf(first), first.token);
  assert.deepEqual(acked.body, { ok: true, next_wake: false });
  const idle = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'worker-2' });
  assert.equal(codeOf(idle), '409 NO_PENDING_WORK');
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions keep a lease as long as it is acked, and wake others when it ends', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.put('s', { ...pull, streams: ['a'] });
  await bench.append('a', 1);
  const held = await bench.claim('s');
  for (let round = 0; round < 5; round++) {
    await bench.virtual.advance(900);
    const alive = await bench.ask('POST', '/subscriptions/s/ack', { ...ackOf(held, false), acks: [] }, held.token);
    assert.equal(alive.status, 200);
  }
  await bench.virtual.advance(1_000);
  const late = await bench.ask('POST', '/subscriptions/s/ack', ackOf(held), held.token);
  assert.equal(codeOf(late), '409 FENCED');
  assert.equal((await bench.records('wake/pool')).length, 2);
  const next = await bench.claim('s', 'worker-2');
  assert.deepEqual([next.status, next.generation], [200, 2]);
});

test('Subscriptions give released work to others', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.put('s', { ...pull, streams: ['a'] });
  await bench.append('a', 1);
  const held = await bench.claim('s');
  const { wake_id, generation, token } = held;
  assert.equal((await bench.ask('POST', '/subscriptions/s/release', { wake_id, generation }, token)).status, 204);
  assert.equal((await bench.records('wake/pool')).length, 2);
  assert.equal((await bench.claim('s', 'worker-2')).status, 200);
  const again = await bench.ask('POST', '/subscriptions/s/release', { wake_id, generation }, token);
  assert.equal(again.status, 409);
});

test('Subscriptions wait for a wake stream that does not exist, and tell it once', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('s', { ...pull, streams: ['a'] });
  await bench.append('a', 1);
  await bench.virtual.advance(60_000);
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'failed');
  await bench.create('wake/pool');
  await bench.virtual.advance(60_000);
  await bench.restart();
  await bench.virtual.advance(60_000);
  assert.equal((await bench.records('wake/pool')).length, 1, 'a restart tells nothing twice');
});

test('Subscriptions: a wake whose streams are deleted ends, and later work is a new one', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.put('s', { ...pull, pattern: '*', streams: ['a'] });
  await bench.append('a', 1);
  await bench.remove('a');
  assert.deepEqual(await bench.acked('s'), {}, 'a deleted stream leaves the links');
  assert.equal((await bench.claim('s')).status, 409);
  await bench.append('b', 1);
  assert.deepEqual(
    (await bench.records('wake/pool')).map(({ generation }) => generation),
    [1, 2],
  );
});

test('Subscriptions: what wakes write wakes nobody, neither them nor each other; what others write there does', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/one');
  await bench.create('wake/two');
  await bench.put('one', { ...pull, wake_stream: 'wake/one', pattern: '**' });
  await bench.put('two', {
    ...pull,
    wake_stream: 'wake/two',
    streams: ['a', 'wake/one', 'wake/two'],
  });
  const work = async () => {
    for (const id of ['one', 'two']) {
      const held = await bench.claim(id);
      assert.equal(held.status, 200);
      await bench.ask('POST', `/subscriptions/${id}/ack`, ackOf(held), held.token);
      assert.equal((await bench.claim(id)).status, 409);
    }
  };
  for (let round = 1; round <= 3; round++) {
    await bench.append('a', round);
    await work();
    assert.equal((await bench.records('wake/one')).length, round);
    assert.equal((await bench.records('wake/two')).length, round);
  }
  await bench.append('wake/one', 'by hand');
  await work();
  assert.equal((await bench.records('wake/one')).length, 5);
  assert.equal((await bench.records('wake/two')).length, 4);
});

test('Subscriptions: a restart: a lease goes on with its token, and ends if nobody is heard of [P4]', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.put('s', { ...pull, pattern: '*' });
  await bench.append('a', 1, 2);
  const held = await bench.claim('s');
  await bench.virtual.advance(900);
  await bench.restart();
  await bench.virtual.advance(900);
  const [stream] = held.streams;
  const half = [{ stream: 'a', offset: stream?.tail_offset.replace(/2$/, '1') }];
  const acked = await bench.ask('POST', '/subscriptions/s/ack', { ...ackOf(held, false), acks: half }, held.token);
  assert.equal(acked.status, 200, JSON.stringify(acked.body));
  await bench.restart();
  assert.deepEqual(await bench.acked('s'), { a: 1 });
  await bench.virtual.advance(1_000);
  assert.deepEqual(
    (await bench.records('wake/pool')).map(({ generation }) => generation),
    [1, 2],
  );
});

test('Subscriptions: a restart: wakes that were stored wake nobody, and what others wrote there does', async () => {
  const bench = await SubscriptionBench.open();
  for (const name of ['one', 'two']) await bench.create(`wake/${name}`);
  await bench.put('named', { ...pull, wake_stream: 'wake/one', streams: ['wake/two'] });
  await bench.put('matching', { ...pull, wake_stream: 'wake/one', pattern: 'wake/**' });
  await bench.put('two', { ...pull, wake_stream: 'wake/two', pattern: 'in/*' });
  await bench.put('late', { ...pull, wake_stream: 'wake/late', pattern: 'in/*' });
  await bench.create('wake/late');
  await bench.append('in/a', 1);
  await bench.virtual.advance(60_000);
  assert.equal((await bench.records('wake/two')).length, 1);
  assert.equal((await bench.records('wake/late')).length, 1);
  await bench.restart();
  for (const id of ['named', 'matching']) assert.equal((await bench.claim(id)).status, 409, id);
  assert.deepEqual(await bench.records('wake/one'), []);
  await bench.append('wake/two', 'by hand');
  await bench.restart();
  for (const id of ['named', 'matching']) {
    const { streams } = await bench.claim(id);
    const pending = streams.filter(({ has_pending }) => has_pending).map(({ path }) => path);
    assert.deepEqual(pending, ['wake/two'], id);
  }
});

test('Subscriptions: a wake stream that is named before it exists wakes nobody by its first wake', async () => {
  const bench = await SubscriptionBench.open();
  await bench.put('watcher', { ...pull, streams: ['wake/two'] });
  await bench.put('two', { ...pull, wake_stream: 'wake/two', pattern: 'in/*' });
  await bench.create('wake/two');
  await bench.append('in/a', 1);
  assert.equal((await bench.records('wake/two')).length, 1);
  assert.equal((await bench.claim('watcher')).status, 409);
  await bench.append('wake/two', 'by hand');
  assert.equal((await bench.claim('watcher')).status, 200);
});
