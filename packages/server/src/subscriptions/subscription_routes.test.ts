import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, SubscriptionBench } from '../testing/subscription_bench.ts';

const url = 'https://hooks.example.com/in';
const webhook = { type: 'webhook', pattern: 'events/*', webhook: { url } };
const pull = { type: 'pull-wake', streams: ['a'], wake_stream: 'wake/pool' };

test('SubscriptionRoutes create, confirm, show and delete a subscription (protocol section 6)', async () => {
  const bench = await SubscriptionBench.open();
  await bench.append('events/a', 1);
  const wish = { ...webhook, lease_ttl_ms: 2_000, description: 'mine', streams: ['/b/', 'b'] };
  const created = await bench.ask('PUT', '/subscriptions/s%2F1', wish);
  assert.equal(created.status, 201);
  const jwks = await bench.ask('GET', '/jwks.json');
  assert.equal(jwks.headers['Content-Type'], 'application/jwk-set+json');
  const [key] = jwks.body['keys'] as { kid: string }[];
  const { streams, created_at, ...body } = created.body;
  assert.deepEqual(body, {
    id: 's/1',
    subscription_id: 's/1',
    type: 'webhook',
    pattern: 'events/*',
    webhook: { url, signing: { alg: 'ed25519', kid: key?.kid, jwks_url: 'http://boat/v1/stream/__ds/jwks.json' } },
    lease_ttl_ms: 2_000,
    status: 'active',
    description: 'mine',
  });
  assert.match(String(created_at), /^2020-09-13T12:26:40/);
  const info = await bench.store.log.info('events/a');
  assert(typeof info === 'object');
  assert.deepEqual(streams, [
    { path: 'b', link_type: 'explicit', acked_offset: '-1' },
    { path: 'events/a', link_type: 'glob', acked_offset: `${info.lineage}_0000000000000001` },
  ]);
  const confirmed = await bench.ask('PUT', '/subscriptions/s%2F1', wish);
  assert.equal(confirmed.status, 200);
  const shown = await bench.ask('GET', '/subscriptions/s%2F1');
  assert.deepEqual([shown.status, shown.body], [200, created.body]);
  assert.equal((await bench.ask('DELETE', '/subscriptions/s%2F1')).status, 204);
  assert.equal(codeOf(await bench.ask('GET', '/subscriptions/s%2F1')), '404 SUBSCRIPTION_NOT_FOUND');
});

const other = [
  { pattern: 'events/**' },
  { webhook: { url: 'https://hooks.example.com/out' } },
  { lease_ttl_ms: 1_000 },
  { description: 'x' },
  { streams: ['a'] },
];
for (const change of other) {
  test(`SubscriptionRoutes refuse to confirm what was asked for without ${JSON.stringify(change)}`, async () => {
    const bench = await SubscriptionBench.open();
    await bench.ask('PUT', '/subscriptions/s', webhook);
    const refused = await bench.ask('PUT', '/subscriptions/s', { ...webhook, ...change });
    assert.equal(codeOf(refused), '409 SUBSCRIPTION_ALREADY_EXISTS');
  });
}

const malformed: Readonly<Record<string, unknown>> = {
  'no JSON': '{',
  'no UTF-8': Buffer.from('{"type":"\xff"}', 'latin1'),
  'a list': [],
  'no type': { pattern: 'a' },
  'another type': { ...webhook, type: 'email' },
  'neither pattern nor streams': { type: 'webhook', webhook: { url } },
  'an empty pattern': { ...webhook, pattern: '//' },
  'half a wildcard': { ...webhook, pattern: 'events/a*' },
  'a pattern that is no name': { ...webhook, pattern: 'events//*' },
  'a stream that is no name': { ...webhook, streams: ['a/../b'] },
  'a reserved stream': { ...webhook, streams: ['__ds/subscriptions/s'] },
  'a stream that is no text': { ...webhook, streams: [1] },
  'no webhook': { ...webhook, webhook: undefined },
  'a webhook without URL': { ...webhook, webhook: {} },
  'no wake stream': { ...pull, wake_stream: undefined },
  'a reserved wake stream': { ...pull, wake_stream: '__ds/x' },
  'too short a lease': { ...webhook, lease_ttl_ms: 999 },
  'too long a lease': { ...webhook, lease_ttl_ms: 600_001 },
  'half a millisecond': { ...webhook, lease_ttl_ms: 1_000.5 },
  'a prototype': '{"__proto__":{"type":"webhook","pattern":"a","webhook":{"url":"https://x.example/"}}}',
};
for (const [what, body] of Object.entries(malformed)) {
  test(`SubscriptionRoutes refuse to create by ${what}, and nothing is stored`, async () => {
    const bench = await SubscriptionBench.open();
    assert.equal(codeOf(await bench.ask('PUT', '/subscriptions/s', body)), '400 INVALID_REQUEST');
    assert.equal(bench.subscriptions.size, 0);
    assert.deepEqual(await bench.records('__ds/subscriptions/s'), []);
  });
}

for (const unsafe of ['http://10.0.0.1/hook', 'https://[::ffff:127.0.0.1]/', 'https://a:b@example.com/', 'ftp://x/']) {
  test(`SubscriptionRoutes reject a webhook at ${unsafe}`, async () => {
    const bench = await SubscriptionBench.open();
    const refused = await bench.ask('PUT', '/subscriptions/s', { ...webhook, webhook: { url: unsafe } });
    assert.equal(codeOf(refused), '400 WEBHOOK_URL_REJECTED');
  });
}

const routes: readonly (readonly [path: string, allow: string])[] = [
  ['/jwks.json', 'GET, HEAD'],
  ['/subscriptions/s', 'PUT, GET, HEAD, DELETE'],
  ['/subscriptions/s/streams', 'POST'],
  ['/subscriptions/s/streams/a/b', 'DELETE'],
  ['/subscriptions/s/callback', 'POST'],
  ['/subscriptions/s/claim', 'POST'],
  ['/subscriptions/s/ack', 'POST'],
  ['/subscriptions/s/release', 'POST'],
];
for (const [path, allow] of routes) {
  test(`SubscriptionRoutes say what may be done to ${path}`, async () => {
    const bench = await SubscriptionBench.open();
    const refused = await bench.ask('PATCH', path);
    assert.equal(codeOf(refused), '405 METHOD_NOT_ALLOWED');
    assert.equal(refused.headers['Allow'], allow);
    if (allow !== 'GET, HEAD')
      assert.equal(codeOf(await bench.ask('POST', '/subscriptions/s', {})), '405 METHOD_NOT_ALLOWED');
  });
}

for (const path of [
  '',
  '/',
  '/other',
  '/subscriptions',
  '/subscriptions/',
  '/subscriptions/s/',
  '/subscriptions/s/x',
  '/jwks.json/x',
  '/subscriptions/s/ack/x',
  '/constructor',
  '/subscriptions/s/__proto__',
]) {
  test(`SubscriptionRoutes find nothing at "${path}"`, async () => {
    const bench = await SubscriptionBench.open();
    assert.equal(codeOf(await bench.ask('GET', path)), '404 NOT_FOUND');
  });
}

for (const id of ['%', '%ff', '%00', '..', '%2e%2e', 'a%2f%2fb', 'x'.repeat(200)]) {
  test(`SubscriptionRoutes refuse the id ${id.slice(0, 20)}`, async () => {
    const bench = await SubscriptionBench.open();
    assert.equal(codeOf(await bench.ask('PUT', `/subscriptions/${id}`, webhook)), '400 INVALID_REQUEST');
  });
}

test('SubscriptionRoutes: ids like __proto__ and constructor are ordinary', async () => {
  const bench = await SubscriptionBench.open();
  for (const id of ['__proto__', 'constructor']) {
    assert.equal(codeOf(await bench.ask('GET', `/subscriptions/${id}`)), '404 SUBSCRIPTION_NOT_FOUND');
    assert.equal((await bench.ask('PUT', `/subscriptions/${id}`, webhook)).status, 201);
    assert.equal((await bench.ask('GET', `/subscriptions/${id}`)).body['id'], id);
  }
});

test('SubscriptionRoutes add and remove streams by name; what the pattern means stays', async () => {
  const bench = await SubscriptionBench.open();
  await bench.ask('PUT', '/subscriptions/s', webhook);
  await bench.append('events/a', 1);
  assert.equal((await bench.ask('POST', '/subscriptions/s/streams', { streams: ['m/b', 'events/a'] })).status, 204);
  const types = async () => {
    const { body } = await bench.ask('GET', '/subscriptions/s');
    return (body['streams'] as { path: string; link_type: string }[]).map(
      ({ path, link_type }) => `${path} ${link_type}`,
    );
  };
  assert.deepEqual(await types(), ['events/a explicit', 'm/b explicit']);
  for (const path of ['m%2Fb', 'events/a', 'never/linked']) {
    assert.equal((await bench.ask('DELETE', `/subscriptions/s/streams/${path}`)).status, 204);
  }
  assert.deepEqual(await types(), ['events/a glob']);
  assert.equal(codeOf(await bench.ask('POST', '/subscriptions/s/streams', { streams: [] })), '400 INVALID_REQUEST');
  assert.equal(
    codeOf(await bench.ask('POST', '/subscriptions/x/streams', { streams: ['a'] })),
    '404 SUBSCRIPTION_NOT_FOUND',
  );
});

test('SubscriptionRoutes let only pull-wakes be claimed, acked and released', async () => {
  const bench = await SubscriptionBench.open();
  await bench.ask('PUT', '/subscriptions/s', webhook);
  for (const action of ['claim', 'ack', 'release']) {
    assert.equal(
      codeOf(await bench.ask('POST', `/subscriptions/s/${action}`, { worker: 'w' }, 't')),
      '400 INVALID_REQUEST',
    );
  }
});

test('SubscriptionRoutes check token, wake and offsets of an ack, all or nothing (protocol section 7)', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', { ...pull, streams: ['a', 'b'] });
  await bench.append('a', 1, 2);
  await bench.append('b', 1);
  const { body } = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' });
  const { wake_id, generation, token } = body as { wake_id: string; generation: number; token: string };
  const streams = body['streams'] as { path: string; tail_offset: string }[];
  const [a = '', b = ''] = streams.map(({ tail_offset }) => tail_offset);
  const ack = async (change: object, presented: string | undefined = token) =>
    codeOf(await bench.ask('POST', '/subscriptions/s/ack', { wake_id, generation, ...change }, presented));
  assert.equal(codeOf(await bench.ask('POST', '/subscriptions/s/ack', { wake_id, generation })), '401 TOKEN_INVALID');
  assert.equal(await ack({}, 'x'.repeat(43)), '401 TOKEN_INVALID');
  assert.equal(await ack({}, 'é'), '401 TOKEN_INVALID');
  assert.equal(await ack({ wake_id: undefined }), '400 INVALID_REQUEST');
  assert.equal(await ack({ generation: '1' }), '400 INVALID_REQUEST');
  assert.equal(await ack({ generation: generation + 1 }), '409 FENCED');
  assert.equal(await ack({ wake_id: 'w_other' }), '409 FENCED');
  assert.equal(
    await ack({ acks: Array.from({ length: 9 }, () => ({ stream: 'a', offset: a })) }),
    '400 INVALID_REQUEST',
  );
  const past = a.replace(/2$/, '3');
  for (const wrong of ['-1', 'now', 'x', '', b, past, a.slice(1)]) {
    const acks = [
      { stream: 'b', offset: b },
      { stream: 'a', offset: wrong },
    ];
    assert.equal(await ack({ acks }), '409 INVALID_OFFSET', wrong);
  }
  assert.equal(await ack({ acks: [{ stream: 'c', offset: a }] }), '409 INVALID_OFFSET');
  const half = { acks: [{ path: '/a', offset: a.replace(/2$/, '1') }] };
  const taken = await bench.ask('POST', '/subscriptions/s/ack', { wake_id, generation, ...half }, token);
  assert.deepEqual([taken.status, taken.body], [200, { ok: true, next_wake: false }]);
  assert.equal(
    await ack({ acks: [{ stream: 'a', offset: '0000000000000000_0000000000000000' }] }),
    '409 INVALID_OFFSET',
  );
  const shown = await bench.ask('GET', '/subscriptions/s');
  const acked = (shown.body['streams'] as { acked_offset: string }[]).map(({ acked_offset }) => acked_offset);
  assert.deepEqual(acked, [a.replace(/2$/, '1'), '-1'], 'refused acks moved nothing');
});

test('SubscriptionRoutes store no token in clear [P9]', async () => {
  const bench = await SubscriptionBench.open();
  await bench.create('wake/pool');
  await bench.ask('PUT', '/subscriptions/s', pull);
  await bench.ask('PUT', '/subscriptions/w', { ...webhook, pattern: '*' });
  await bench.append('a', 1);
  const { body } = await bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' });
  const stored = JSON.stringify([
    await bench.records('__ds/subscriptions/s'),
    await bench.records('__ds/subscriptions/w'),
  ]);
  assert.match(stored, /tokenHash/);
  assert.equal(stored.includes(String(body['token'])), false);
  assert.equal(stored.includes(bench.calls[0]?.said.callback_token ?? assert.fail()), false);
});

test('SubscriptionRoutes refuse a nameless or too long-named worker', async () => {
  const bench = await SubscriptionBench.open();
  await bench.ask('PUT', '/subscriptions/s', pull);
  for (const body of [{}, { worker: '' }, { worker: 1 }, { worker: 'ä'.repeat(17) }]) {
    assert.equal(codeOf(await bench.ask('POST', '/subscriptions/s/claim', body)), '400 INVALID_REQUEST');
  }
  assert.equal(codeOf(await bench.ask('POST', '/subscriptions/s/claim', { worker: 'w' })), '409 NO_PENDING_WORK');
});

test('SubscriptionRoutes answer that the server is being stopped', async () => {
  const bench = await SubscriptionBench.open();
  const stopping = bench.broker.stop();
  assert.equal(codeOf(await bench.ask('GET', '/subscriptions/s')), '503 STOPPING');
  await bench.virtual.advance(bench.limits.stopTimeoutMs);
  await stopping;
});
