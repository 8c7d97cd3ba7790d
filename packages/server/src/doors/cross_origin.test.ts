import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from '../start_server.ts';
import { CrossOrigin } from './cross_origin.ts';

const ours = 'https://console.example:8443';
const foreign = 'https://evil.example';

async function serving(corsOrigins: readonly string[]) {
  const server = await startServer({
    store: new MemoryStore({ world: nodeWorld }),
    world: nodeWorld,
    port: 0,
    corsOrigins,
  });
  const ask = (method: string, path: string, origin?: string) =>
    fetch(server.url + path, { method, headers: origin === undefined ? {} : { Origin: origin } });
  return { ask, [Symbol.asyncDispose]: () => server.stop() };
}

for (const path of ['/v1/streams', '/v1/stream/a/b', '/', '/healthz', '/openapi.json', '/v1/stream/__ds/jwks.json']) {
  test(`CrossOrigin: a preflight of ${path} is always answered; only a configured origin is let in [H13] [P9]`, async () => {
    await using server = await serving([ours]);
    for (const origin of [ours, foreign, 'null', undefined]) {
      const { status, headers } = await server.ask('OPTIONS', path, origin);
      assert.equal(status, 204);
      assert.match(headers.get('allow') ?? '', /^[A-Z]+(?:, [A-Z]+)*, OPTIONS$/);
      assert.match(headers.get('access-control-allow-headers') ?? '', /\bIf-None-Match\b/);
      assert.ok(headers.get('allow')?.startsWith(headers.get('access-control-allow-methods') ?? '-'));
      assert.equal(headers.get('access-control-allow-origin'), origin === ours ? ours : null);
      assert.equal(headers.get('vary'), 'Origin');
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });
}

test('CrossOrigin: a page of a configured origin may write and read the answer, of any other not [H13] [P9]', async () => {
  await using server = await serving([ours]);
  const created = await server.ask('PUT', '/v1/streams/s', ours);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('access-control-allow-origin'), ours);
  assert.match(created.headers.get('access-control-expose-headers') ?? '', /\bRateLimit\b/);
  const missing = await server.ask('GET', '/v1/streams/none', ours);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('access-control-allow-origin'), ours, 'errors can be read too');
  for (const origin of [
    foreign,
    'null',
    `${ours}.evil.example`,
    'https://console.example',
    ours.replace('https', 'http'),
  ]) {
    assert.equal((await server.ask('DELETE', '/v1/streams/s', origin)).status, 403);
    assert.equal((await server.ask('GET', '/v1/streams/s', origin)).headers.get('access-control-allow-origin'), null);
  }
});

test('CrossOrigin: nobody is let in unless configured, and caches need not tell origins apart', async () => {
  await using server = await serving([]);
  const { headers, status } = await server.ask('OPTIONS', '/v1/streams', ours);
  assert.equal(status, 204);
  assert.equal(headers.get('access-control-allow-origin'), null);
  assert.equal(headers.get('vary'), null);
  const refused = await server.ask('PUT', '/v1/streams/s', ours);
  assert.equal(refused.status, 403);
  const { code, hint } = (await refused.json()) as { code: string; hint: string };
  assert.deepEqual([code, /--cors-origin/.test(hint)], ['wrongOrigin', true]);
});

for (const origin of [
  '*',
  'null',
  '',
  'console.example',
  'https://console.example/',
  'https://CONSOLE.example',
  'https://a b',
]) {
  test(`CrossOrigin refuses ${JSON.stringify(origin)}, which no browser would send`, () => {
    assert.throws(() => new CrossOrigin([origin]), { code: 'badRequest' });
  });
}

test('CrossOrigin lets pages read and send every field that the stream door knows', async () => {
  await using server = await serving([ours]);
  const { headers } = await server.ask('OPTIONS', '/v1/stream/s', ours);
  const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(', ') ?? [];
  const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(', ') ?? [];
  const folder = new URL('streams/', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const code = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const answered = Array.from(code.matchAll(/'((?:Stream|Producer)-[\w-]+)'(?::|\])/g), ([, name = '']) =>
    name.toLowerCase(),
  );
  const asked = Array.from(code.matchAll(/header\((?:request, )?'([\w-]+)'/g), ([, name = '']) => name);
  assert.ok(answered.length > 5 && asked.length > 5);
  for (const name of answered) assert.ok(exposed.includes(name), `${name} cannot be read`);
  for (const name of asked) assert.ok(allowed.includes(name), `${name} cannot be sent`);
});
