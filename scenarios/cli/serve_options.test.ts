import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../support/temp_folder.ts';
import { run, serve } from './commands.ts';

const text = { 'Content-Type': 'text/plain' };

test('cli: serve: a store in memory: nothing is on disk, the start and every receipt say so [P1]', async () => {
  await using folder = await tempFolder();
  const data = join(folder.path, 'data');
  const server = await serve(data, ['--store', 'memory']);
  await server.line(/Records are kept in memory only: they are gone when this server stops/);
  const stream = `${server.url}/v1/stream/a`;
  assert.equal((await fetch(stream, { method: 'PUT', headers: text })).status, 201);
  const appended = await fetch(stream, { method: 'POST', headers: text, body: 'x' });
  assert.match(appended.headers.get('Stream-Receipt') ?? '', /\bdurability="?memory\b/);
  assert.equal((await server.end()).code, 0);
  assert.equal(existsSync(data), false);
});

test('cli: serve: a store on disk: every receipt says so', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const created = await fetch(`${server.url}/v1/stream/a`, { method: 'PUT', headers: text });
  assert.equal(created.status, 201);
  const appended = await fetch(`${server.url}/v1/stream/a`, { method: 'POST', headers: text, body: 'x' });
  assert.match(appended.headers.get('Stream-Receipt') ?? '', /\bdurability="?disk\b/);
  assert.equal((await server.end()).code, 0);
});

test('cli: serve: a sensor beside a store in memory: refused, for it needs a disk', async () => {
  const { code, stderr } = await run(['serve', '--store', 'memory', '--sensor', 'here', '--port', '0']);
  assert.equal(code, 2);
  assert.match(stderr, /^packetboat: --sensor keeps its samples on disk[^\n]+$/);
});

test('cli: serve: origins: those that are named are let in, from wherever the option is said; others are not [P9]', async () => {
  await using folder = await tempFolder();
  const [one, two] = ['https://one.example', 'https://two.example:8443'];
  for (const server of [
    await serve(folder.path, ['--store', 'memory', '--cors-origin', one, '--cors-origin', two]),
    await serve(folder.path, ['--store', 'memory'], { env: { PACKETBOAT_CORS_ORIGIN: `${one}, ${two}` } }),
  ]) {
    for (const origin of [one, two, 'https://three.example']) {
      const { headers } = await fetch(`${server.url}/v1/stream/a`, { method: 'HEAD', headers: { Origin: origin } });
      const allowed = origin === one || origin === two ? origin : null;
      assert.equal(headers.get('Access-Control-Allow-Origin'), allowed, origin);
    }
    await server.end();
  }
  const wrong = await run(['serve', '--cors-origin', '*']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Give an origin such as https:\/\/console\.example/);
});

test('cli: serve: webhooks: called nowhere unless told, on this machine only if told so [P9]', async () => {
  await using folder = await tempFolder();
  const body = JSON.stringify({
    type: 'webhook',
    pattern: 'a/*',
    webhook: { url: 'http://127.0.0.1:9/' },
    lease_ttl_ms: 1_000,
  });
  for (const [options, status] of [
    [[], 400],
    [['--webhooks'], 400],
    [['--webhooks-allow-loopback'], 201],
  ] as const) {
    const server = await serve(folder.path, ['--store', 'memory', ...options]);
    const path = `${server.url}/v1/stream/__ds/subscriptions/one`;
    const answer = await fetch(path, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body });
    assert.equal(answer.status, status, options.join(' '));
    await server.end();
  }
});
