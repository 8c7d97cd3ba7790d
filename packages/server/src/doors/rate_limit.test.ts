import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testServer } from '../testing/test_server.ts';

const windowMs = 60_000;

test('RateLimit: over it 429 with Retry-After, and nothing is done; every answer says where the client stands [P7]', async () => {
  await using bench = await testServer({ apiRequestsPerWindowMax: 3, rateWindowMs: windowMs });
  const list = () => fetch(`${bench.server.url}/v1/streams`);
  for (const left of [2, 1, 0]) {
    const { status, headers } = await list();
    assert.equal(status, 200);
    assert.equal(headers.get('ratelimit-policy'), '"api";q=3;w=60');
    assert.match(headers.get('ratelimit') ?? '', new RegExp(`^"api";r=${left};t=\\d+$`));
  }
  const refused = await fetch(`${bench.server.url}/v1/streams/s`, { method: 'PUT' });
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('ratelimit') ?? '', /^"api";r=0;t=\d+$/);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
  assert.equal(((await refused.json()) as { code: string }).code, 'rateLimited');
  assert.equal(bench.store.health().streams, 0);
  assert.equal(await bench.metric('packetboat_refusals_total{code="rateLimited"}'), 1);
});

test('RateLimit: appends and calls are counted apart; reads, preflights and metrics are not counted', async () => {
  await using bench = await testServer({
    appendsPerWindowMax: 2,
    apiRequestsPerWindowMax: 1,
    rateWindowMs: windowMs,
  });
  const { url } = bench.server;
  const append = () =>
    fetch(`${url}/v1/stream/s`, { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } });
  await fetch(`${url}/v1/stream/s`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' } });
  assert.equal((await append()).status, 204);
  assert.equal((await append()).status, 429);
  assert.equal((await fetch(url, { method: 'POST', body: 'paul 1 1612091235112730000' })).status, 429);
  assert.equal((await fetch(`${url}/v1/store`)).status, 200);
  assert.equal((await fetch(`${url}/v1/store`)).status, 429);
  for (let count = 0; count < 5; count++) {
    assert.equal((await fetch(`${url}/v1/stream/s`)).status, 200);
    assert.equal((await fetch(`${url}/v1/stream/s`, { method: 'OPTIONS' })).status, 204);
    assert.equal((await fetch(`${url}/metrics`)).status, 200);
  }
});

test('RateLimit: without a limit nothing is counted, and nothing said', async () => {
  await using bench = await testServer({ apiRequestsPerWindowMax: Infinity });
  const { status, headers } = await fetch(`${bench.server.url}/v1/streams`);
  assert.equal(status, 200);
  assert.equal(headers.get('ratelimit'), null);
});
