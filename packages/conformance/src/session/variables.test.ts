import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Variables } from './variables.ts';
import { capture, checksumOf, joined, not, numbersChecksum, oneOf, picked, product, some, sum } from './words.ts';

function variables(): Variables {
  const made = new Variables();
  made.set('name', 'a');
  made.set('it', { limits: { bytes: 7 } });
  return made;
}

test('resolve puts variables, numbers and texts in, at any depth', () => {
  const filled = variables().resolve({
    a: '$name',
    b: [sum('$it.limits.bytes', 1), product('$it.limits.bytes', 0.5)],
    c: joined('x', '$name'),
    d: checksumOf('a'),
    e: picked('$name', { a: '$it.limits.bytes', b: 0 }),
  });
  assert.deepEqual(filled, { a: 'a', b: [8, 3.5], c: 'xa', d: 0xe8b7be43, e: 7 });
});

test('resolve refuses a variable that nobody set', () => {
  assert.throws(() => variables().resolve('$other'), { code: 'badRequest' });
});

test('matches wants the fields of the pattern, and lets others be', () => {
  assert.ok(variables().matches({ a: '$name', b: { c: 1 } }, { a: 'a', b: { c: 1, d: 2 }, e: 3 }));
  assert.ok(!variables().matches({ a: '$name' }, { a: 'b' }));
  assert.ok(!variables().matches({ a: { b: 1 } }, { a: 1 }));
  assert.ok(!variables().matches({ a: 1 }, {}));
});

test('matches knows what a field may be', () => {
  const seen = { text: 't', empty: '', integer: 1, fraction: 0.5 };
  assert.ok(variables().matches({ text: some.text, integer: some.integer, none: some.absent }, seen));
  for (const [field, what] of [
    ['empty', some.text],
    ['fraction', some.integer],
    ['text', some.absent],
    ['none', some.text],
  ] as const) {
    assert.ok(!variables().matches({ [field]: what }, seen), field);
  }
});

test('matches takes one of several, and lists element by element', () => {
  assert.ok(variables().matches(oneOf('x', '$name'), 'a'));
  assert.ok(!variables().matches(oneOf('x', 'y'), 'a'));
  assert.ok(variables().matches([1, '$name'], [1, 'a']));
  assert.ok(!variables().matches([1], [1, 2]));
});

test('matches keeps what is captured', () => {
  const known = variables();
  assert.ok(known.matches({ proof: capture('proof') }, { proof: { mac: 'm' } }));
  assert.equal(known.resolve('$proof.mac'), 'm');
  assert.ok(!known.matches({ proof: capture('proof') }, {}));
});

test('matches takes any value but one', () => {
  assert.ok(variables().matches(not('$name'), 'b'));
  assert.ok(!variables().matches(not('$name'), 'a'));
});

test('resolve makes the checksums of numbers', () => {
  // Of the bytes 31 32 33 34, which are "1234".
  assert.equal(variables().resolve(numbersChecksum('crc-32', 0x31323334)), '9be3e0a3');
  const sha = '03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4';
  assert.equal(variables().resolve(numbersChecksum('sha-256', 0x31323334)), sha);
});
