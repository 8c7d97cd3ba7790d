import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorCode, errorTable } from '../errors.ts';
import { type ClientSession, linkEnded, presented, welcomed } from './client_session.ts';

const identity = { session: 's', token: 't' };
const attached: ClientSession = { kind: 'attached', identity };
const away: ClientSession = { kind: 'detached', identity };
const codes = Object.keys(errorTable) as ErrorCode[];

test('welcomed: a new session is presented from then on, a resumed one still', () => {
  const fresh = welcomed({ kind: 'fresh' }, { session: 's', token: 't', resumed: false });
  assert.deepEqual(presented(fresh), identity);
  assert.deepEqual(presented(welcomed(away, { session: 's', resumed: true })), identity);
  const other = welcomed(away, { session: 'other', token: 'u', resumed: false });
  assert.deepEqual(presented(other), { session: 'other', token: 'u' });
});

test('welcomed: a session without a token cannot be presented', () => {
  assert.equal(presented(welcomed({ kind: 'fresh' }, { session: 's', resumed: false })), undefined);
});

test('welcomed: a server that resumes what nobody asked for breaks the protocol', () => {
  assert.throws(() => welcomed({ kind: 'fresh' }, { session: 's', resumed: true }), { code: 'badFrame' });
  assert.throws(() => welcomed(away, { session: 'other', resumed: true }), { code: 'badFrame' });
});

test('linkEnded: expired begins a new session, or ends, as was asked; without a session it ends', () => {
  const end = { code: 'expired', refused: true } as const;
  assert.deepEqual(linkEnded(away, end, 'renew'), { kind: 'fresh' });
  assert.deepEqual(linkEnded(away, end, 'fail'), { kind: 'over', code: 'expired' });
  assert.deepEqual(linkEnded({ kind: 'fresh' }, end, 'renew'), { kind: 'over', code: 'expired' });
});

test('linkEnded: a session that was taken over is never asked for again', () => {
  for (const refused of [true, false]) {
    assert.deepEqual(linkEnded(attached, { code: 'takenOver', refused }, 'renew'), { kind: 'over', code: 'takenOver' });
  }
});

test('linkEnded: any other end leaves the session to come back to; only a final refusal does not', () => {
  const other = fc.constantFrom(...codes.filter((each) => each !== 'takenOver' && each !== 'expired'));
  fc.assert(
    fc.property(other, fc.boolean(), fc.constantFrom(attached, away), (code, refused, session) => {
      const next = linkEnded(session, { code, refused }, 'renew');
      if (refused && !errorTable[code].retryable) assert.deepEqual(next, { kind: 'over', code });
      else assert.deepEqual(next, away);
    }),
  );
});

test('linkEnded: what is over stays over', () => {
  const over: ClientSession = { kind: 'over', code: 'aborted' };
  for (const code of codes) assert.equal(linkEnded(over, { code, refused: true }, 'renew'), over);
});
