import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkStreamName, compareNames, hex, quoted } from './names.ts';

test('checkStreamName returns ordinary names, also those that objects inherit (hostile input 6)', () => {
  for (const name of [
    'a',
    'sensors/paul',
    'a b',
    'é/漢字/😀',
    '__proto__',
    'constructor',
    '...',
    '.a',
    'a..',
    '~',
    '%2e%2e',
    'x'.repeat(512),
  ]) {
    assert.equal(checkStreamName(name, 512), name);
  }
});

test('checkStreamName refuses what is no path, and says why (hostile input 6)', () => {
  const bad: [string, RegExp][] = [
    ['', /empty/],
    ['/', /a part of it is empty/],
    ['/a', /a part of it is empty/],
    ['a/', /a part of it is empty/],
    ['a//b', /a part of it is empty/],
    ['.', /cannot be a part/],
    ['../../etc', /cannot be a part/],
    ['a/..', /cannot be a part/],
    ['a\0b', /control/],
    ['a\nb', /control/],
    ['a\x7f', /control/],
    ['a\x85', /control/],
    ['\ud800', /lone surrogate/],
    ['x'.repeat(513), /longer than 512/],
    ['é'.repeat(257), /longer than 512/],
    ['x'.repeat(5_000_000), /longer than 512/],
  ];
  for (const [name, message] of bad) assert.throws(() => checkStreamName(name, 512), { code: 'badName', message });
});

/** Any UTF-16 units, lone surrogates among them. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 200 }).map((units) => String.fromCharCode(...units));

test('quoted is one short line of printable text, whatever it quotes', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const quote = quoted(text);
      assert(quote.length <= 6 * 81 + 2 && quote.isWellFormed());
      assert(Array.from(quote).every((character) => character >= ' '));
    }),
  );
});

test('compareNames orders as the UTF-8 bytes do', () => {
  const names = fc.string({ unit: 'grapheme', maxLength: 6 });
  const property = fc.property(names, names, (left, right) => {
    const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
    assert.equal(Math.sign(compareNames(left, right)), expected);
  });
  fc.assert(property, { numRuns: 500 });
  assert(compareNames('\uff21', '\u{1f600}') < 0);
  assert.equal(compareNames('a\u{1f600}', 'a\u{1f600}'), 0);
});

test('hex writes every byte with two digits', () => {
  assert.equal(hex(Uint8Array.of(0, 1, 15, 16, 255)), '00010f10ff');
});
