import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSubscriptions } from '../testing/test_subscriptions.ts';

const webhook = (url = 'https://hooks.example.com/in') => ({ type: 'webhook', webhook: { url } });
const pull = { type: 'pull-wake', wake_stream: 'wake/pool', lease_ttl_ms: 1_000 };

type Bench = Awaited<ReturnType<typeof testSubscriptions>>;

/** Path and acked offset of each link, `-1` and the record number at the token's end. */
async function links(bench: Bench, id: string): Promise<Record<string, string>> {
  const { body } = await bench.ask('GET', `/subscriptions/${id}`);
  const streams = body['streams'] as { path: string; acked_offset: string }[];
  return Object.fromEntries(streams.map(({ path, acked_offset }) => [path, acked_offset.replace(/^.*_0*(?=\d)/, '')]));
}

/** Claims as a worker; the answer's body as the protocol has it. */
async function claim(bench: Bench, id: string, worker = 'worker-1') {
  const { status, body } = await bench.ask('POST', `/subscriptions/${id}/claim`, { worker });
  return {
    status,
    ...(body as {
      wake_id: string;
      generation: number;
      token: string;
      streams: { path: string; tail_offset: string }[];
    }),
  };
}

/** Acks everything that a claim or a call told of. */
function ackOf(
  told: { wake_id: string; generation: number; streams: readonly { path: string; tail_offset: string }[] },
  done = true,
) {
  const acks = told.streams.map(({ path, tail_offset }) => ({ stream: path, offset: tail_offset }));
  return { wake_id: told.wake_id, generation: told.generation, acks, done };
}

test('Subscriptions link what exists at its tail, and what comes from before its first record', async () => {
  const bench = await testSubscriptions();
  await bench.append('events/old', 1, 2);
  await bench.create('events/empty');
  await bench.append('others/x', 1);
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: 'events/*', streams: ['named', 'others/x'] });
  assert.deepEqual(await links(bench, 's'), { named: '-1', 'others/x': '1', 'events/empty': '0', 'events/old': '2' });
  await bench.append('events/new', 1);
  await bench.append('named', 1);
  await bench.append('events/not/matched', 1);
  const linked = await links(bench, 's');
  assert.equal(linked['events/new'], '-1');
  assert.equal(Object.keys(linked).length, 5);
});

test('Subscriptions call a webhook once for what is pending, and take "done" for all of it', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '**' });
  await bench.append('a', 1, 2);
  assert.equal(bench.calls.length, 1);
  const [call] = bench.calls;
  assert.equal(call?.said.callback_url, 'http://boat/v1/stream/__ds/subscriptions/s/callback');
  assert.deepEqual(
    call?.said.streams.map(({ path, has_pending }) => [path, has_pending]),
    [['a', true]],
  );
  assert.match(call?.headers['Webhook-Signature'] ?? '', /^t=1600000000,kid=ds_[\w-]+,ed25519=[\w-]+$/);
  assert.deepEqual(await links(bench, 's'), { a: '2' });
  await bench.append('a', 3);
  assert.deepEqual(
    bench.calls.map(({ said }) => said.generation),
    [1, 2],
  );
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions wake a webhook again for what came while it worked', async () => {
  const bench = await testSubscriptions();
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '**', lease_ttl_ms: 1_000 });
  await bench.append('a', 1);
  await bench.append('a', 2);
  await bench.append('b', 1);
  assert.equal(bench.calls.length, 1, 'while somebody works nobody else is woken');
  const said = bench.calls[0]?.said ?? assert.fail();
  const answer = await bench.ask('POST', '/subscriptions/s/callback', ackOf(said), said.callback_token);
  assert.deepEqual(answer.body, { ok: true, next_wake: true });
  assert.deepEqual(await links(bench, 's'), { a: '1', b: '-1' });
  assert.deepEqual(
    bench.calls.map((call) => call.said.generation),
    [1, 2],
  );
});

test('Subscriptions take a callback that overtakes the answer to the call, and forget a late answer', async () => {
  const bench = await testSubscriptions();
  const answer = Promise.withResolvers<{ status: number; body: string }>();
  bench.receiver.answer = () => answer.promise;
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), streams: ['a'] });
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
  assert.deepEqual(await links(bench, 's'), { a: '1' });
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'active');
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions call a failing webhook again, each time later, with the same wake, for ever', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 503, body: '' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), streams: ['a'] });
  await bench.append('a', 1);
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'failed');
  await bench.virtual.advance(600_000);
  const calls = bench.calls.length;
  assert(calls >= 10 && calls <= 60, `${calls} calls in ten minutes`);
  assert.equal(new Set(bench.calls.map(({ said }) => said.wake_id)).size, 1);
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.virtual.advance(60_000);
  assert.deepEqual(await links(bench, 's'), { a: '1' });
  assert.equal((await bench.ask('GET', '/subscriptions/s')).body['status'], 'active');
  assert.equal(bench.calls.length, calls + 1);
});

test('Subscriptions wake again when the lease of a webhook ends, and slow down when nothing comes of it', async () => {
  const bench = await testSubscriptions();
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), streams: ['a'], lease_ttl_ms: 1_000 });
  await bench.append('a', 1);
  await bench.virtual.advance(999);
  assert.equal(bench.calls.length, 1);
  await bench.virtual.advance(1);
  assert.equal(bench.calls.length, 2, 'the first time at once');
  await bench.virtual.advance(600_000);
  assert(bench.calls.length < 60, `${bench.calls.length} calls in ten minutes`);
  const late = bench.calls[0]?.said ?? assert.fail();
  const fenced = await bench.ask('POST', '/subscriptions/s/callback', ackOf(late), late.callback_token);
  assert.equal(fenced.status, 409);
  assert.equal((fenced.body['error'] as { code: string }).code, 'FENCED');
});

test('Subscriptions tell workers of a wake once, and give the work to one of them', async () => {
  const bench = await testSubscriptions();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, pattern: '**' });
  await bench.append('a', 1);
  await bench.append('a', 2);
  assert.deepEqual(await bench.records('wake/pool'), [
    { type: 'wake', subscription_id: 's', stream: 'a', generation: 1, ts: 1_600_000_000_000 },
  ]);
  const first = await claim(bench, 's');
  assert.equal(first.status, 200);
  const busy = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'worker-2' });
  assert.equal(busy.status, 409);
  const { code, current_holder, generation } = busy.body['error'] as Record<string, unknown>;
  assert.deepEqual([code, current_holder, generation], ['ALREADY_CLAIMED', 'worker-1', 1]);
  const acked = await bench.ask('POST', '/subscriptions/s/ack', ackOf(first), first.token);
  assert.deepEqual(acked.body, { ok: true, next_wake: false });
  const idle = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'worker-2' });
  assert.equal((idle.body['error'] as { code: string }).code, 'NO_PENDING_WORK');
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('Subscriptions keep a lease as long as it is acked, and wake others when it ends', async () => {
  const bench = await testSubscriptions();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a'] });
  await bench.append('a', 1);
  const held = await claim(bench, 's');
  for (let round = 0; round < 5; round++) {
    await bench.virtual.advance(900);
    const alive = await bench.ask('POST', '/subscriptions/s/ack', { ...ackOf(held, false), acks: [] }, held.token);
    assert.equal(alive.status, 200);
  }
  await bench.virtual.advance(1_000);
  const late = await bench.ask('POST', '/subscriptions/s/ack', ackOf(held), held.token);
  assert.equal((late.body['error'] as { code: string }).code, 'FENCED');
  assert.equal((await bench.records('wake/pool')).length, 2);
  const next = await claim(bench, 's', 'worker-2');
  assert.deepEqual([next.status, next.generation], [200, 2]);
});

test('Subscriptions give released work to others', async () => {
  const bench = await testSubscriptions();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a'] });
  await bench.append('a', 1);
  const held = await claim(bench, 's');
  const { wake_id, generation, token } = held;
  assert.equal((await bench.ask('POST', '/subscriptions/s/release', { wake_id, generation }, token)).status, 204);
  assert.equal((await bench.records('wake/pool')).length, 2);
  assert.equal((await claim(bench, 's', 'worker-2')).status, 200);
  const again = await bench.ask('POST', '/subscriptions/s/release', { wake_id, generation }, token);
  assert.equal(again.status, 409);
});

test('Subscriptions wait for a wake stream that does not exist, and tell it once', async () => {
  const bench = await testSubscriptions();
  await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a'] });
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
  const bench = await testSubscriptions();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, pattern: '*', streams: ['a'] });
  await bench.append('a', 1);
  await bench.remove('a');
  assert.deepEqual(await links(bench, 's'), {}, 'a deleted stream leaves the links');
  assert.equal((await claim(bench, 's')).status, 409);
  await bench.append('b', 1);
  assert.deepEqual(
    (await bench.records('wake/pool')).map(({ generation }) => generation),
    [1, 2],
  );
});

test('Subscriptions begin anew with a stream that was created anew', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '*' });
  await bench.append('a', 1, 2, 3);
  await bench.remove('a');
  await bench.create('a');
  await bench.append('a', 1);
  assert.deepEqual(await links(bench, 's'), { a: '1' });
  assert.equal(bench.calls.length, 2);
});

test('Subscriptions: what wakes write wakes nobody, neither them nor each other; what others write there does', async () => {
  const bench = await testSubscriptions();
  await bench.create('wake/one');
  await bench.create('wake/two');
  await bench.ask('PUT', '/subscriptions/one', { ...pull, wake_stream: 'wake/one', pattern: '**' });
  await bench.ask('PUT', '/subscriptions/two', {
    ...pull,
    wake_stream: 'wake/two',
    streams: ['a', 'wake/one', 'wake/two'],
  });
  const work = async () => {
    for (const id of ['one', 'two']) {
      const held = await claim(bench, id);
      assert.equal(held.status, 200);
      await bench.ask('POST', `/subscriptions/${id}/ack`, ackOf(held), held.token);
      assert.equal((await claim(bench, id)).status, 409);
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
  const bench = await testSubscriptions();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, pattern: '*' });
  await bench.append('a', 1, 2);
  const held = await claim(bench, 's');
  await bench.virtual.advance(900);
  await bench.restart();
  await bench.virtual.advance(900);
  const [stream] = held.streams;
  const half = [{ stream: 'a', offset: stream?.tail_offset.replace(/2$/, '1') }];
  const acked = await bench.ask('POST', '/subscriptions/s/ack', { ...ackOf(held, false), acks: half }, held.token);
  assert.equal(acked.status, 200, JSON.stringify(acked.body));
  await bench.restart();
  assert.deepEqual(await links(bench, 's'), { a: '1' });
  await bench.virtual.advance(1_000);
  assert.deepEqual(
    (await bench.records('wake/pool')).map(({ generation }) => generation),
    [1, 2],
  );
});

test('Subscriptions: a restart: calls that were not answered are made again under a new generation', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = () => new Promise(() => undefined);
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), streams: ['a'] });
  await bench.append('a', 1);
  assert.equal(bench.calls[0]?.signal.aborted, false);
  await bench.restart();
  assert.equal(bench.calls[0]?.signal.aborted, true, 'a stop aborts what is on its way');
  assert.deepEqual(
    bench.calls.map(({ said }) => said.generation),
    [1, 2],
  );
});

test('Subscriptions: a restart: records that came unseen are found, also in streams that were not linked yet', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: 'in/*', streams: ['named', 'gone'] });
  await bench.append('in/a', 1);
  await bench.append('gone', 1);
  bench.subscriptions.stop();
  await bench.append('in/a', 2);
  await bench.append('in/b', 1);
  await bench.append('named', 1);
  await bench.append('out/c', 1);
  await bench.remove('gone');
  await bench.restart();
  assert.deepEqual(await links(bench, 's'), { named: '1', 'in/a': '2', 'in/b': '1' });
});

test('Subscriptions drop events that one event can say, and forget nothing [P7]', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '**' });
  for (let round = 0; round < 40; round++) await bench.append('a', round);
  const events = await bench.records('__ds/subscriptions/s');
  assert(events.length < 2 * bench.limits.subscriptionEventsMax, `${events.length} events`);
  assert.equal(events[0]?.['event'], 'state');
  await bench.restart();
  assert.deepEqual(await links(bench, 's'), { a: '40' });
  await bench.append('a', 41);
  assert.equal(bench.calls.at(-1)?.said.generation, 41);
});

test('Subscriptions: one whose receiver hangs and one whose wake stream is missing disturb no third', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = (call) =>
    call.target.host === 'slow.example.com'
      ? new Promise(() => undefined)
      : Promise.resolve({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/slow', { ...webhook('https://slow.example.com/'), pattern: '**' });
  await bench.ask('PUT', '/subscriptions/lost', { ...pull, pattern: '**' });
  await bench.ask('PUT', '/subscriptions/good', { ...webhook(), pattern: '**' });
  for (let round = 1; round <= 20; round++) await bench.append('a', round);
  assert.deepEqual(await links(bench, 'good'), { a: '20' });
  assert.equal(bench.calls.filter(({ target }) => target.host === 'slow.example.com').length, 1);
});

test('Subscriptions refuse to remember more than they may, in words, and take what there is room for [P7]', async () => {
  const bench = await testSubscriptions({ subscriptionsMax: 2 });
  const long = (name: string) => `${name}/${'x'.repeat(100)}`;
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: 'in/**', streams: ['a'] });
  const many = Array.from({ length: 20 }, (_, index) => long(`named/${index}`));
  const refused = await bench.ask('POST', '/subscriptions/s/streams', { streams: many });
  assert.deepEqual([refused.status, (refused.body['error'] as { code: string }).code], [429, 'LIMIT_REACHED']);
  assert.deepEqual(await links(bench, 's'), { a: '-1' }, 'all or nothing');
  for (let index = 0; index < 20; index++) await bench.append(long(`in/${index}`), 1);
  const { body } = await bench.ask('GET', '/subscriptions/s');
  const linked = Object.keys(await links(bench, 's')).length;
  assert(linked > 2 && linked < 12, `${linked} links`);
  assert.equal(body['refused_links'], 21 - linked);
  assert(bench.warnings.some((message) => message.includes('subscriptionBytesMax')));
  const wide = await bench.ask('PUT', '/subscriptions/wide', { ...webhook(), pattern: '**' });
  assert.equal(wide.status, 429, 'a pattern that finds too much');
  assert.equal((await bench.ask('PUT', '/subscriptions/t', { ...webhook(), streams: ['a'] })).status, 201);
  assert.equal((await bench.ask('PUT', '/subscriptions/u', { ...webhook(), streams: ['a'] })).status, 429);
  assert.equal((await bench.ask('DELETE', '/subscriptions/t')).status, 204);
  assert.equal((await bench.ask('PUT', '/subscriptions/u', { ...webhook(), streams: ['a'] })).status, 201);
});

test('Subscriptions: a deleted one does nothing any more, and its id is free for another', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = () => new Promise(() => undefined);
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '**' });
  await bench.append('a', 1);
  const said = bench.calls[0]?.said ?? assert.fail();
  assert.equal((await bench.ask('DELETE', '/subscriptions/s')).status, 204);
  assert.equal(bench.calls[0]?.signal.aborted, true);
  assert.equal((await bench.ask('DELETE', '/subscriptions/s')).status, 204);
  const late = await bench.ask('POST', '/subscriptions/s/callback', ackOf(said), said.callback_token);
  assert.deepEqual([late.status, (late.body['error'] as { code: string }).code], [404, 'SUBSCRIPTION_NOT_FOUND']);
  await bench.append('a', 2);
  assert.equal(bench.virtual.pendingTimers, 0);
  await bench.restart();
  assert.equal(bench.subscriptions.size, 0);
  assert.equal((await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a'] })).status, 201);
});

test('Subscriptions: one that cannot be read is told, harms no other, and can be deleted', async () => {
  const bench = await testSubscriptions();
  await bench.append('__ds/subscriptions/bad', { event: 'from-the-future' });
  await bench.ask('PUT', '/subscriptions/good', { ...webhook(), pattern: '**' });
  await bench.restart();
  const bad = await bench.ask('GET', '/subscriptions/bad');
  assert.deepEqual([bad.status, (bad.body['error'] as { code: string }).code], [500, 'DAMAGED']);
  assert.equal((await bench.ask('PUT', '/subscriptions/bad', { ...webhook(), pattern: '**' })).status, 500);
  assert.equal((await bench.ask('GET', '/subscriptions/good')).status, 200);
  assert.equal((await bench.ask('DELETE', '/subscriptions/bad')).status, 204);
  assert.equal((await bench.ask('PUT', '/subscriptions/bad', { ...webhook(), pattern: '**' })).status, 201);
});

test('Subscriptions go on by themselves after the store could not take their events', async () => {
  const bench = await testSubscriptions();
  bench.receiver.answer = async () => ({ status: 200, body: '{"done":true}' });
  await bench.ask('PUT', '/subscriptions/s', { ...webhook(), pattern: '**' });
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
  assert.deepEqual(await links(bench, 's'), { a: '1' });
});

test('Subscriptions: a flood of requests about one is bounded, and others are served [P7]', async () => {
  const bench = await testSubscriptions();
  await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a'] });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' })),
  );
  const busy = answers.filter(({ status }) => status === 503);
  assert(busy.length > 0 && busy.every(({ headers }) => headers['Retry-After'] === '1'));
  assert.equal((await bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' })).status, 409);
});
