import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';

test('parseRfc3339 reads dates with fractions and zones, to the nanosecond', () => {
  const expected: readonly (readonly [text: string, ns: bigint])[] = [
    ['1970-01-01T00:00:00Z', 0n],
    ['2024-10-09T00:00:00Z', 1_728_432_000_000_000_000n],
    ['2024-10-09t02:00:00.123456789+02:00', 1_728_432_000_123_456_789n],
    ['2024-10-08T19:30:00.5-04:30', 1_728_432_000_500_000_000n],
    ['2024-02-29T00:00:00z', 1_709_164_800_000_000_000n],
    ['1969-12-31T23:59:59.999Z', -1_000_000n],
    ['2016-12-31T23:59:60Z', 1_483_228_800_000_000_000n],
  ];
  for (const [text, ns] of expected) assert.equal(parseRfc3339(text), ns, text);
});

test('parseRfc3339 takes nothing else', () => {
  const bad =
    '|now|2024|2024-10-09|2024-10-09T00:00Z|2024-10-09T00:00:00|2024-10-09 00:00:00Z|2023-02-29T00:00:00Z|' +
    '2024-13-01T00:00:00Z|2024-00-01T00:00:00Z|2024-10-32T00:00:00Z|2024-10-09T24:00:00Z|2024-10-09T00:60:00Z|' +
    '2024-10-09T00:00:61Z|2024-10-09T00:00:00.Z|2024-10-09T00:00:00.1234567890Z|2024-10-09T00:00:00+24:00|' +
    '2024-10-09T00:00:00Z\n|+2024-10-09T00:00:00Z';
  for (const text of bad.split('|')) assert.equal(parseRfc3339(text), undefined, JSON.stringify(text));
});

test('formatRfc3339 writes what parseRfc3339 reads, as toISOString does', () => {
  const maxMs = Date.UTC(9_999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1_000, 0, 1), max: maxMs }), (timeMs) => {
      const text = formatRfc3339(timeMs);
      assert.equal(parseRfc3339(text), BigInt(timeMs) * 1_000_000n);
      assert.equal(text, new Date(timeMs).toISOString().replace('.000Z', 'Z'));
    }),
  );
});
