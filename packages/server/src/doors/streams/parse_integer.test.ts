import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInteger } from './parse_integer.ts';

test('parseInteger takes every integer in 0 … 2^53 − 1 in plain digits, and nothing else [H8]', () => {
  for (const value of [0, 1, 9, 10, Number.MAX_SAFE_INTEGER]) assert.equal(parseInteger(String(value)), value);
  const bad = '9007199254740992|99999999999999999999|-1|-0|+1|01|00|1e3|0x1|1.0|1.|1abc|0xyz| 1|1 |1\n|1,2|١|';
  for (const text of bad.split('|')) assert.equal(parseInteger(text), undefined, JSON.stringify(text));
});

test('parseInteger reads back only what String writes', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(parseInteger(String(value)), value)));
  fc.assert(
    fc.property(fc.stringMatching(/^[\d+\-.eExX_ ]{0,20}$/), (text) => {
      const value = parseInteger(text);
      if (value !== undefined) assert.equal(String(value), text);
    }),
  );
});
