import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkShape, type Shape } from './shape.ts';

const shape = {
  text: 'text',
  integer: 'integer',
  boolean: 'boolean',
  json: 'json',
  maybeText: 'text?',
  maybeInteger: 'integer?',
  maybeBoolean: 'boolean?',
  inner: { shape: { at: 'text' } },
  maybeInner: { optional: { at: 'text' } },
} as const satisfies Shape;

const minimal = { text: '', integer: 0, boolean: false, json: null, inner: { at: 'x' } };

test('checkShape takes objects with the fields of the shape', () => {
  checkShape(minimal, shape, 'it');
  const full = { maybeText: 'x', maybeInteger: 2 ** 53 - 1, maybeBoolean: true, maybeInner: { at: '' } };
  checkShape({ ...minimal, ...full }, shape, 'it');
  checkShape({}, {}, 'it');
});

test('checkShape refuses everything else and names the field', () => {
  const wrong: [unknown, RegExp][] = [
    [undefined, /it is not an object/],
    [null, /it is not an object/],
    [[], /it is not an object/],
    ['text', /it is not an object/],
    [{ ...minimal, more: 1 }, /it field "more" is unknown/],
    [{ ...minimal, ['\n'.repeat(500)]: 1 }, /^[^\n]{1,800}$/],
    [JSON.parse(`{"__proto__":{"admin":true}}`), /it field "__proto__" is unknown/],
    [{ ...minimal, text: undefined }, /it\.text/],
    [{ ...minimal, text: 5 }, /it\.text/],
    [{ ...minimal, text: '\udc00' }, /it\.text is not a well-formed/],
    [{ ...minimal, maybeText: null }, /it\.maybeText/],
    [{ ...minimal, integer: '5' }, /it\.integer/],
    [{ ...minimal, integer: -1 }, /it\.integer/],
    [{ ...minimal, integer: 1.5 }, /it\.integer/],
    [{ ...minimal, integer: 2 ** 53 }, /it\.integer/],
    [{ ...minimal, maybeInteger: Number.NaN }, /it\.maybeInteger/],
    [{ ...minimal, boolean: 1 }, /it\.boolean/],
    [{ ...minimal, json: undefined }, /it\.json is missing/],
    [{ ...minimal, inner: undefined }, /it\.inner is not an object/],
    [{ ...minimal, inner: { at: 1 } }, /it\.inner\.at/],
    [{ ...minimal, maybeInner: null }, /it\.maybeInner is not an object/],
  ];
  for (const [value, message] of wrong)
    assert.throws(() => checkShape(value, shape, 'it'), { code: 'badFrame', message });
});

test('checkShape does not take inherited fields for given ones', () => {
  assert.throws(() => checkShape({}, { valueOf: 'json' } as unknown as Shape, 'it'), /it\.valueOf is missing/);
  assert.throws(() => checkShape({ toString: 'x' }, {}, 'it'), /"toString" is unknown/);
});
