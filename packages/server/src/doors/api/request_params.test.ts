import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methods } from '../../methods/registry.ts';
import { requestParams, type ParamsSource } from './request_params.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function paramsOf(name: string, source: Partial<ParamsSource>): object {
  const method = methods.get(name);
  assert.ok(method);
  const query = new URLSearchParams();
  return requestParams(method, { path: {}, query, contentType: 'application/json', body: bytes(''), ...source });
}

test('requestParams takes each parameter from where the route says', () => {
  assert.deepEqual(paramsOf('streams.trim', { path: { stream: 'a/b' }, body: bytes('{"before":5}') }), {
    stream: 'a/b',
    before: 5,
  });
  const query = new URLSearchParams('prefix=7&limit=20&after=x%2Fy');
  assert.deepEqual(paramsOf('streams.list', { query }), { prefix: '7', limit: 20, after: 'x/y' });
  assert.deepEqual(paramsOf('streams.close', { path: { stream: 'a' } }), { stream: 'a' });
});

test('requestParams leaves to the schema what is no number', () => {
  for (const text of ['-1', '1e3', '0x1', ' 1', '1.5', '', '99999999999999999']) {
    assert.deepEqual(paramsOf('streams.list', { query: new URLSearchParams({ limit: text }) }), { limit: text });
  }
});

for (const [name, method, source] of [
  ['a parameter twice in the query', 'streams.list', { query: new URLSearchParams('limit=1&limit=2') }],
  ['a parameter in path and body', 'streams.close', { path: { stream: 'a' }, body: bytes('{"stream":"a"}') }],
  ['a query beside a body', 'streams.close', { query: new URLSearchParams('x=1') }],
  ['a body where none is taken', 'streams.delete', { body: bytes('{}') }],
  ['an array', 'streams.close', { body: bytes('[]') }],
  ['null', 'streams.close', { body: bytes('null') }],
  ['no JSON', 'streams.close', { body: bytes('{') }],
  ['a byte order mark', 'streams.close', { body: bytes('\ufeff{}') }],
  ['no UTF-8', 'streams.close', { body: Uint8Array.of(0x22, 0xc0, 0xae, 0x22) }],
  ['arrays 100,000 deep', 'streams.close', { body: bytes('['.repeat(100_000) + ']'.repeat(100_000)) }],
] as const) {
  test(`requestParams refuses ${name}`, () => {
    assert.throws(() => paramsOf(method, source), { code: 'badRequest' });
  });
}

test('requestParams takes JSON only, whatever letter case and parameters its type has', () => {
  const body = bytes('{}');
  for (const contentType of ['application/json', 'Application/JSON ; charset=utf-8']) {
    assert.deepEqual(paramsOf('streams.close', { body, contentType }), {});
  }
  for (const contentType of [undefined, '', 'text/plain', 'application/jsonp', 'application/x-www-form-urlencoded']) {
    assert.throws(() => paramsOf('streams.close', { body, contentType }), { code: 'unsupportedMediaType' });
  }
});

test('requestParams brings names that objects inherit as they came, and pollutes nothing', () => {
  const params = paramsOf('streams.close', { body: bytes('{"__proto__":{"admin":true},"constructor":1}') });
  assert.deepEqual(Object.keys(params), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(params), Object.prototype);
  assert.equal(({} as { admin?: unknown }).admin, undefined);
  const query = paramsOf('streams.list', { query: new URLSearchParams('__proto__=1&toString=2') });
  assert.deepEqual(Object.keys(query), ['__proto__', 'toString']);
});
