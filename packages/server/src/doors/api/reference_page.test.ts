import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { methods } from '../../methods/registry.ts';
import { testServer } from '../../testing/test_server.ts';

test('the API reference shows every operation, runs no script and fetches nothing [P9]', async () => {
  await using bench = await testServer();
  const response = await fetch(`${bench.server.url}/docs/api`);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const page = await response.text();
  for (const [name, { route }] of methods) {
    assert.ok(page.includes(`<article id="${name}">`), name);
    assert.ok(page.includes(`<code>${route.path}</code>`), name);
  }
  assert.doesNotMatch(page, /<script|<img|<link|<iframe|\son\w+=|style="|https?:\/\/|url\(|@import/i);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; /);
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
  assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')), 'the style is the one allowed');
});

test('the API reference: every link within it leads somewhere, and no place has the name of another', async () => {
  await using bench = await testServer();
  const page = await (await fetch(`${bench.server.url}/docs/api`)).text();
  const ids = Array.from(page.matchAll(/\sid="([^"]+)"/g), ([, id = '']) => id);
  assert.equal(new Set(ids).size, ids.length);
  const links = Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id = '']) => id);
  assert.ok(links.length > methods.size);
  for (const link of links) assert.ok(ids.includes(link), link);
});

test('the documents are sent without a body for HEAD, with the length they have', async () => {
  await using bench = await testServer();
  for (const path of ['/openapi.json', '/docs/api']) {
    const head = await fetch(bench.server.url + path, { method: 'HEAD' });
    const whole = await fetch(bench.server.url + path);
    assert.equal(head.headers.get('content-length'), String((await whole.arrayBuffer()).byteLength));
    assert.equal((await head.arrayBuffer()).byteLength, 0);
  }
});
