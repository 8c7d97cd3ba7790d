import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as assertBelief, errorTable, isErrorCode, PacketboatError } from './errors.ts';

test('errorTable rows tell a client by their close code whether to come back', () => {
  for (const [code, row] of Object.entries(errorTable)) {
    assert(Number.isInteger(row.status) && row.status >= 400 && row.status <= 599, `${code}: status ${row.status}`);
    const mayComeBack = row.close >= 4_000 && row.close <= 4_099;
    const mayNot = row.close >= 4_400 && row.close <= 4_599;
    assert(row.retryable ? mayComeBack : mayNot, `${code}: close code ${row.close}`);
    assert.match(row.hint, /^\p{Lu}.*\.$/u, `${code}: the hint is no sentence`);
  }
});

test('errorTable takes every status from one family: the request or the server', () => {
  for (const [code, row] of Object.entries(errorTable)) {
    if (row.status >= 500)
      assert(row.retryable || row.close >= 4_500, `${code}: a fault of the server blamed on the client`);
  }
});

test('isErrorCode knows the codes of the table, and nothing that objects inherit', () => {
  for (const code of Object.keys(errorTable)) assert(isErrorCode(code));
  for (const other of ['', 'nope', '__proto__', 'constructor', 'toString', 5, null, undefined])
    assert(!isErrorCode(other));
});

test('PacketboatError carries code, message, cause and when to come back', () => {
  const cause = new Error('below');
  const error = new PacketboatError('busy', 'Too much waits', { cause, retryAfterMs: 250 });
  assert.equal(error.name, 'PacketboatError');
  assert.equal(error.message, 'Too much waits');
  assert.equal(error.cause, cause);
  assert.equal(error.retryAfterMs, 250);
  assert.equal(error.row, errorTable.busy);
  assert(!Object.hasOwn(new PacketboatError('busy', 'x'), 'cause'));
});

test('assert throws an internal error that names the belief', () => {
  assertBelief(true, 'one is one');
  assert.throws(() => assertBelief(false, 'one is two'), { code: 'internal', message: /one is two/ });
});
