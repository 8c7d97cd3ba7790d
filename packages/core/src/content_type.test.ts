import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkContentType, isJson, mediaTypeOf } from './content_type.ts';

test('mediaTypeOf compares types without letter case and parameters', () => {
  for (const same of ['text/plain', 'TEXT/Plain', 'text/plain;charset=UTF-8', 'text/plain ; charset="a;b"']) {
    assert.equal(mediaTypeOf(same), 'text/plain');
  }
  assert.notEqual(mediaTypeOf('text/plain2'), mediaTypeOf('text/plain'));
});

test('isJson is for application/json only: ndjson and +json types are bytes', () => {
  for (const json of ['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8']) assert(isJson(json));
  for (const other of [
    'application/ndjson',
    'application/x+json',
    'text/json',
    'application/jsonl',
    'application/octet-stream',
  ]) {
    assert(!isJson(other));
  }
});

test('checkContentType takes types of any kind, and nothing that breaks out of a header', () => {
  for (const good of ['text/plain', 'application/vnd.a+json', 'a/b;', 'text/plain; charset="x y"', 'x!#$%&/-^_`|~.9']) {
    assert.equal(checkContentType(good, 64), good);
  }
  for (const bad of [
    '',
    'text',
    '/',
    'text/',
    '/plain',
    'text plain/x',
    'a/b\r\nX: y',
    'a/b; x=é',
    'a/b x',
    'a/b;\u0000',
    'text/*/x',
  ]) {
    assert.throws(() => checkContentType(bad, 64), { code: 'badRequest' }, JSON.stringify(bad));
  }
  assert.throws(() => checkContentType(`a/${'b'.repeat(63)}`, 64), { code: 'badRequest' });
});

test('checkContentType lets through only what a header may hold', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const text = String.fromCharCode(...bytes);
      try {
        checkContentType(`a/b${text}`, 64);
      } catch {
        return;
      }
      assert.match(text, /^[\t\x20-\x7e]*$/);
    }),
  );
});
