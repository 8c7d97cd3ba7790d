import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { neutral } from './neutral.ts';

const show = (text: string): string => neutral(Buffer.from(text));

test('neutral shows text as it is, without its last newline', () => {
  assert.equal(show('paul 2.0 64.5 1612091235112730000\n'), 'paul 2.0 64.5 1612091235112730000');
  assert.equal(show('grüße 🚢'), 'grüße 🚢');
});

test('neutral escapes what commands a terminal or turns the direction of writing [H40]', () => {
  assert.equal(show('\u001b[31mred\u0007'), '\\x1b[31mred\\x07');
  assert.equal(show('a\r\nb\tc'), 'a\\r\\nb\\tc');
  assert.equal(show('\u009b31m'), '\\x9b31m');
  assert.equal(show('\u202egnp.exe'), '\\u{202e}gnp.exe');
  assert.equal(show('a\u2028b\u200fc'), 'a\\u{2028}b\\u{200f}c');
});

test('neutral never lets a control or format character through, whatever the bytes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        assert.doesNotMatch(neutral(bytes), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});

test('neutral cuts at 64 KB, also through a character, and says how much there is [H40]', () => {
  const shown = show('€'.repeat(4_000_000));
  assert.equal(shown, `${'€'.repeat(21_845)}… (12000000 bytes)`);
});

test('neutral shows what is not UTF-8 as hex digits', () => {
  assert.equal(neutral(Uint8Array.of(0xff, 0x00, 0x41)), 'ff0041 (3 bytes, not text)');
  assert.equal(neutral(new Uint8Array(100).fill(0xc0)), `${'c0'.repeat(32)}… (100 bytes, not text)`);
});
