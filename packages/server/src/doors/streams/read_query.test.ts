import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseReadQuery } from './read_query.ts';

const parse = (query: string) => parseReadQuery(new URLSearchParams(query));
const token = '0123456789abcdef_0000000000000042';

test('parseReadQuery reads offset, live, cursor and times, and passes over the rest', () => {
  assert.deepEqual(parse('x=1&x=2&foo'), { from: undefined, live: undefined, cursor: undefined, range: undefined });
  assert.equal(parse('offset=-1').from, 'start');
  assert.equal(parse('offset=0000000000000000_0000000000000000').from, 'start');
  assert.equal(parse('offset=now').from, 'now');
  assert.deepEqual(parse(`offset=${token}`).from, { offset: 42, lineage: '0123456789abcdef' });
  assert.equal(parse('offset=-1&live=sse').live, 'sse');
  assert.equal(parse('offset=-1&live=long-poll&cursor=7').cursor, '7');
  assert.deepEqual(parse('from-time=5&to-time=-7').range, { fromNs: 5n, toNs: -7n });
  assert.deepEqual(parse('to-time=2024-10-09T02:00:00+02:00').range, {
    fromNs: undefined,
    toNs: 1_728_432_000_000_000_000n,
  });
});

test('parseReadQuery refuses what is malformed, repeated or contradictory [H7]', () => {
  const bad = [
    'offset=',
    'offset=-2',
    'offset=9007199254740992',
    'offset=now%00',
    'offset=Now',
    `offset=${token}%0A`,
    `offset=${token.toUpperCase()}`,
    'offset=0123456789abcdef_9999999999999999',
    'offset=-1&offset=-1',
    'offset=now&offset=now',
    'live=sse',
    'live=long-poll',
    'offset=-1&live=',
    'offset=-1&live=true',
    'offset=-1&live=sse&live=sse',
    'offset=-1&live=sse&from-time=1',
    'offset=-1&cursor=1&cursor=2',
    'from-time=',
    'from-time=yesterday',
    'from-time=1.5',
    'to-time=2024-02-30T00:00:00Z',
    'from-time=1&from-time=1',
  ];
  for (const query of bad) assert.throws(() => parse(query), { code: 'badRequest' }, query);
});

test('parseReadQuery answers any query or refuses it by name [H7]', () => {
  const value = fc.oneof(fc.string(), fc.constantFrom('-1', 'now', token, 'sse', '5'));
  const query = fc.array(fc.tuple(fc.constantFrom('offset', 'live', 'cursor', 'from-time', 'to-time'), value));
  fc.assert(
    fc.property(query, (entries) => {
      try {
        parseReadQuery(new URLSearchParams(entries));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'badRequest');
      }
    }),
  );
});
