import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Feed } from './feed.ts';
import { FrameCache } from './frame_cache.ts';

const frame = (base: number, length: number) => ({
  base,
  end: base + 1,
  batchesBytes: length,
  bytes: new Uint8Array(length),
});

test('FrameCache keeps the newest frames within its bytes, over all feeds', () => {
  const cache = new FrameCache(100);
  const feeds = [new Feed(1, 'a', cache), new Feed(2, 'b', cache)] as const;
  cache.add(feeds[0], frame(0, 40));
  cache.add(feeds[1], frame(0, 40));
  cache.add(feeds[0], frame(1, 40));
  assert.equal(cache.get(feeds[0], 0), undefined);
  assert.equal(cache.get(feeds[1], 0)?.bytes.length, 40);
  assert.equal(cache.get(feeds[0], 1)?.bytes.length, 40);
});

test('FrameCache keeps a frame once', () => {
  const cache = new FrameCache(100);
  const feed = new Feed(1, 'a', cache);
  const first = frame(0, 60);
  cache.add(feed, first);
  cache.add(feed, frame(0, 60));
  cache.add(feed, frame(1, 40));
  assert.equal(cache.get(feed, 0), first);
});

test('FrameCache does not keep a frame that is larger than all it may hold', () => {
  const cache = new FrameCache(10);
  const feed = new Feed(1, 'a', cache);
  cache.add(feed, frame(0, 11));
  assert.equal(cache.get(feed, 0), undefined);
});
