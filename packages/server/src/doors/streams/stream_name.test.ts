import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { streamNameOf } from './stream_name.ts';

const of = (rest: string) => streamNameOf(`/v1/stream/${rest}`, 128);

test('streamNameOf decodes the path below the prefix as UTF-8', () => {
  assert.equal(of('sensors/paul'), 'sensors/paul');
  assert.equal(of('a%20b/%C3%A9%e6%bc%a2/~x!'), 'a b/é漢/~x!');
  assert.equal(of('a%2Fb'), 'a/b', 'names are paths, however the slash was written');
  assert.equal(of('100%25'), '100%');
});

test('streamNameOf takes __proto__ and constructor for the names that they are [H6]', () => {
  for (const name of ['__proto__', 'constructor', 'toString/hasOwnProperty']) assert.equal(of(name), name);
});

test('streamNameOf refuses what is no name, and bytes that are no UTF-8 [H6]', () => {
  const bad = [
    '..%2f..%2fetc',
    '../etc',
    'a/../b',
    '.',
    '%2e',
    '%2E%2e/x',
    '%00',
    'a%0d%0ab',
    '%c0%ae',
    '%ff',
    '%ed%a0%80',
    '%f5%80%80%80',
    '%',
    '%zz',
    'a%2',
    '',
    '/',
    'a//b',
    'a/',
    'a%2f',
    '\xe9',
    'é',
    'a b',
    'a'.repeat(4_096),
  ];
  for (const rest of bad) assert.throws(() => of(rest), { code: 'badName' }, JSON.stringify(rest));
});

test('streamNameOf leaves the protocol’s own names alone, however they are written', () => {
  for (const rest of ['__ds', '__ds/subscriptions/x', '%5f_ds/x', '__ds%2fjwks.json']) {
    assert.throws(() => of(rest), { code: 'notFound' }, rest);
  }
  assert.equal(of('__dsx'), '__dsx');
  assert.equal(of('a/__ds'), 'a/__ds');
});

test('streamNameOf finds nothing outside the prefix', () => {
  for (const path of ['', '/', '/v1/stream', '/v1/streams/a', 'v1/stream/a', 'http://x/v1/stream/a', '/V1/stream/a']) {
    assert.throws(() => streamNameOf(path, 128), { code: 'notFound' }, path);
  }
});

test('streamNameOf reads back every name that was percent-encoded', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => {
    return text.isWellFormed() && !/[\p{Cc}/]/u.test(text) && text !== '.' && text !== '..' && text !== '__ds';
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const path = `/v1/stream/${parts.map((each) => encodeURIComponent(each)).join('/')}`;
      assert.equal(streamNameOf(path, 10_000), parts.join('/'));
    }),
  );
});

test('streamNameOf answers any bytes with a name or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const rest = Buffer.from(bytes).toString('latin1');
      try {
        assert.match(of(rest), /./);
      } catch (error) {
        assert.match((error as { code: string }).code, /^(?:badName|notFound)$/);
      }
    }),
  );
});
