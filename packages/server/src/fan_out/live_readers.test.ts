import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits, Segment } from '@packetboat/core';
import { streamBench } from '../testing/stream_bench.ts';
import type { Follower } from './follower.ts';
import type { LiveKind, LiveReading } from './live_readers.ts';
import type { Piece } from './rendition.ts';

/** A stream with readers whose pieces are the segments' bytes; counts how often a segment is encoded. */
async function followed(overrides: Partial<Limits> = {}) {
  const bench = streamBench(overrides);
  await bench.create('s');
  const encoded: number[] = [];
  const encode = (segments: readonly Segment[], from: number): Piece[] => {
    encoded.push(from);
    const [first, last] = [segments[0], segments.at(-1)];
    assert(first !== undefined && last !== undefined);
    const end = last.base + last.count;
    return [{ base: from, end, bytes: first.bytes, checksum: last.checksumAfter, gaps: [], notUtf8: false }];
  };
  const open = async (signal = new AbortController().signal, kind: LiveKind = 'sse'): Promise<LiveReading> => {
    const reading = await bench.broker.liveReaders.open({ stream: 's', kind, client: 'c', signal, encode });
    assert(typeof reading === 'object');
    return reading;
  };
  return { ...bench, encoded, open };
}

/** Each segment's last three bytes. */
const encodeEnds = (segments: readonly Segment[], from: number): Piece[] =>
  segments.map(({ bytes, base, count, checksumAfter }) => {
    const part = bytes.subarray(bytes.length - 3);
    return { base: from, end: base + count, bytes: part, checksum: checksumAfter, gaps: [], notUtf8: false };
  });

test('Follower waits until something changes, and for no longer than it is told', async () => {
  const bench = await followed();
  const { follower } = await bench.open();
  const waited = async (news: () => Promise<unknown>) => {
    let over = false;
    void follower.wait(1_000).then(() => (over = true));
    await bench.settle();
    assert(!over);
    await news();
    await bench.settle();
    return over;
  };
  assert(await waited(() => bench.append('s', 'x')));
  assert(await waited(() => bench.store.log.trim('s', 1)));
  assert(!(await waited(() => bench.virtual.advance(999))));
  await bench.virtual.advance(1);
  assert(await waited(() => bench.store.log.close('s')));
  assert(await waited(() => bench.store.log.delete('s')));
  assert(follower.feed.deleted);
});

test('Follower is woken by news only, not by others who come', async () => {
  const bench = await followed();
  const { follower } = await bench.open();
  let wakes = 0;
  const wait = async (): Promise<void> => {
    await follower.wait(1_000_000);
    wakes += 1;
    if (!follower.over) await wait();
  };
  void wait();
  for (let index = 0; index < 10; index++) await bench.open();
  await bench.settle();
  assert.equal(wakes, 0);
  await bench.append('s', 'x');
  await bench.settle();
  assert.equal(wakes, 1);
});

test('Follower gets what is committed from what was encoded once, and older records by one read for all [P7]', async () => {
  const bench = await followed();
  await bench.append('s', 'old');
  const readings = await Promise.all(Array.from({ length: 5 }, () => bench.open()));
  const followers = readings.map(({ follower }): Follower => follower);
  const old = await Promise.all(followers.map((follower) => follower.pieces(0, 1_000)));
  await bench.append('s', 'new');
  const fresh = await Promise.all(followers.map((follower) => follower.pieces(1, 1_000)));
  assert.equal(new Set([...old, ...fresh].map(([piece]) => piece)).size, 2);
  await bench.store.log.close('s');
  assert.deepEqual(bench.encoded, [0, 1]);
});

test('Follower: what is kept for it does not keep the larger buffer that it was part of [P7]', async () => {
  const bench = await followed();
  const { signal } = new AbortController();
  const reading = await bench.broker.liveReaders.open({
    stream: 's',
    kind: 'longPoll',
    client: 'c',
    signal,
    encode: encodeEnds,
  });
  assert(typeof reading === 'object');
  await bench.append('s', 'x'.repeat(1_000));
  const [piece] = await reading.follower.pieces(0, 1_000);
  assert.equal(piece?.bytes.buffer.byteLength, 3);
});

test('Follower reads again what is not kept any more', async () => {
  const bench = await followed({ frameCacheBytesMax: 1 });
  await bench.append('s', 'old');
  const { follower } = await bench.open();
  const [first] = await follower.pieces(0, 1_000);
  const [second] = await follower.pieces(0, 1_000);
  assert.deepEqual(first, second);
  assert.deepEqual(bench.encoded, [0, 0]);
});

test('LiveReaders of one kind cost nothing when only those of another are left', async () => {
  const bench = await followed();
  const sse = await bench.open();
  using _polling = await bench.open(new AbortController().signal, 'longPoll');
  sse[Symbol.dispose]();
  await bench.append('s', 'x');
  assert.deepEqual(bench.encoded, [0]);
});

test('LiveReaders: nobody follows any more: nothing is encoded, and the feed is dropped', async () => {
  const bench = await followed();
  {
    using one = await bench.open();
    const left = new AbortController();
    const other = await bench.open(left.signal);
    assert.equal(one.follower.feed, other.follower.feed);
    left.abort();
    assert(other.follower.over);
    assert.equal(bench.broker.liveReaders.count('sse'), 1);
  }
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
  await bench.append('s', 'x');
  assert.deepEqual(bench.encoded, []);
  const { feed, info } = await bench.broker.feeds.open('s');
  assert(typeof info === 'object');
  assert.equal(feed.number, 2, 'a new feed');
});

test('LiveReaders lets nobody stay who comes after the stop, or has left already', async () => {
  const bench = await followed();
  assert((await bench.open(AbortSignal.abort())).follower.over);
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
  bench.broker.liveReaders.stop();
  using late = await bench.open();
  assert(late.follower.over);
});
