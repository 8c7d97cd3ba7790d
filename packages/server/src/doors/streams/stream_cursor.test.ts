import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import fc from 'fast-check';
import { laterCursor, streamCursor } from './stream_cursor.ts';

const epochNs = 1_728_432_000_000_000_000n;
/** A world whose clock is `seconds` after the epoch of cursors. */
const worldAt = (seconds: number, seed = 1) => new VirtualWorld(seed, epochNs + BigInt(seconds) * 1_000_000_000n).world;

test('streamCursor counts intervals of 20 s from 2024-10-09T00:00:00Z on', () => {
  for (const [seconds, cursor] of [
    [0, '0'],
    [19, '0'],
    [20, '1'],
    [86_400, '4320'],
  ] as const)
    assert.equal(streamCursor(worldAt(seconds), undefined), cursor);
});

test('streamCursor counts from the beginning on a device that has lost its clock', () => {
  assert.equal(streamCursor(worldAt(-1), undefined), '0');
  assert.equal(streamCursor(worldAt(-1_000_000_000), '0'), streamCursor(worldAt(-1_000_000_000), '0'));
});

test('streamCursor moves on from a cursor that is not behind by 1 to 3,600 s, and never back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 1e6 }), fc.integer(), (seconds, client, seed) => {
      const current = Math.floor(seconds / 20);
      const cursor = Number(streamCursor(worldAt(seconds, seed), String(client)));
      if (client < current) assert.equal(cursor, current);
      else assert(cursor > client && cursor <= client + 180, `${cursor} follows ${client}`);
    }),
  );
});

test('streamCursor reads nothing into what is no cursor', () => {
  const world = worldAt(100);
  for (const text of ['', 'x', '-1', '1e9', ' 9', '9 ', '9'.repeat(400), '0x99', '9.5']) {
    assert.equal(streamCursor(world, text), '5', text);
  }
});

test('laterCursor compares numbers', () => {
  assert.equal(laterCursor('9', '10'), '10');
  assert.equal(laterCursor('10', '9'), '10');
});
