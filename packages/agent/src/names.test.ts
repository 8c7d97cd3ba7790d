import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkSensorName, encodeName } from './names.ts';

const safe = /^[a-z0-9_%~-]{1,100}$/;

test('encodeName keeps plain names readable', () => {
  assert.equal(encodeName('paul'), 'paul');
  assert.equal(encodeName('boiler-room_2'), 'boiler-room_2');
});

test('encodeName never leads out of its folder', () => {
  assert.equal(encodeName('../x'), '%2e%2e%2fx');
  assert.equal(encodeName('..'), '%2e%2e');
  assert.equal(encodeName('a b'), 'a%20b');
  assert.equal(encodeName('ü'), '%c3%bc');
  assert.equal(encodeName(''), '%');
  assert.equal(encodeName('nul'), '%6eul');
  assert.match(encodeName('x'.repeat(300)), safe);
});

test('encodeName gives two names two folders, also on a disk that ignores case', () => {
  assert.notEqual(encodeName('Paul').toLowerCase(), encodeName('paul').toLowerCase());
  assert.notEqual(encodeName('x'.repeat(300)), encodeName('x'.repeat(301)));
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', 'A', '%', '/', '.', '~', 'é') }),
  );
  fc.assert(
    fc.property(name, name, (left, right) => {
      assert.match(encodeName(left), safe);
      if (left !== right) assert.notEqual(encodeName(left).toLowerCase(), encodeName(right).toLowerCase());
    }),
  );
});

test('checkSensorName refuses what cannot stand in a line or a stream name', () => {
  for (const bad of ['', '../x', '..', 'a b', 'a\tb', 'a\nb', 'a//b', 'x'.repeat(600), '../../etc/x']) {
    assert.throws(() => checkSensorName(bad), { code: 'badName' }, bad);
  }
  for (const good of ['paul', 'Größe', '__proto__', 'ship/engine', 'x'.repeat(300)])
    assert.equal(checkSensorName(good), good);
});
