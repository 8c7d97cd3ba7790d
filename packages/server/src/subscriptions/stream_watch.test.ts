import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, openBatch, sealBatch, type Segment } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import { StreamWatch, type StreamWatcher } from './stream_watch.ts';
import { StreamPattern } from './stream_pattern.ts';
import { wakeProducer } from './wake_batch.ts';

/** A watcher that notes what it is told, and how often its pattern was asked. */
function watcher(pattern?: string) {
  const told: string[] = [];
  const compiled = pattern === undefined ? undefined : new StreamPattern(pattern);
  const each = {
    told,
    asked: 0,
    pattern:
      compiled &&
      Object.assign(Object.create(compiled), {
        matches(name: string) {
          each.asked += 1;
          return compiled.matches(name);
        },
      }),
    committed: ({ stream }: Segment, isWork: boolean) => void told.push(`${stream}${isWork ? '' : ' (wakes)'}`),
    deleted: (stream: string) => void told.push(`${stream} deleted`),
    seen: () => undefined,
  } satisfies StreamWatcher & { told: string[]; asked: number };
  return each;
}

function segment(stream: string, ...producers: (ReturnType<typeof wakeProducer> | undefined)[]): Segment {
  const batches = producers.map((producer) => {
    const records = [{ timeNs: 1n, bytes: Buffer.from('1') }];
    return openBatch(sealBatch({ records, ...(producer && { producer }) }, crc32), 0, crc32, testLimits()).bytes;
  });
  const bytes = Buffer.concat(batches);
  const [count, incarnation] = [producers.length, 'i'];
  return { stream, incarnation, base: 0, count, checksumBefore: 0, checksumAfter: 0, bytes, close: false };
}

test('StreamWatch tells each watcher once of streams that it follows or that its pattern means', () => {
  const watch = new StreamWatch(crc32);
  const [one, two, three] = [watcher('in/*'), watcher(), watcher('out/**')];
  for (const each of [one, two, three]) watch.add(each);
  watch.follow('in/a', one);
  watch.follow('in/a', two);
  watch.segment(segment('in/a', undefined));
  watch.segment(segment('in/b', undefined));
  watch.deleted('in/a');
  watch.unfollow('in/a', two);
  watch.segment(segment('in/a', undefined));
  watch.remove(one);
  watch.segment(segment('in/a', undefined));
  assert.deepEqual(one.told, ['in/a', 'in/b', 'in/a deleted', 'in/a']);
  assert.deepEqual(two.told, ['in/a', 'in/a deleted']);
  assert.deepEqual(three.told, []);
});

test('StreamWatch asks a pattern once for a stream, however many commits there are, and none without watchers', () => {
  const watch = new StreamWatch(crc32);
  const one = watcher('in/*');
  watch.segment(segment('in/a', undefined));
  watch.add(one);
  for (let round = 0; round < 100; round++) {
    watch.segment(segment('in/a', undefined));
    watch.segment(segment('out/b', undefined));
  }
  assert.equal(one.asked, 2);
  assert.equal(one.told.length, 100);
});

test('StreamWatch tells nobody of reserved streams, nor of a close without records', () => {
  const watch = new StreamWatch(crc32);
  const one = watcher('**');
  watch.add(one);
  watch.segment(segment('__ds/subscriptions/s', undefined));
  watch.segment(segment('in/a'));
  assert.deepEqual(one.told, []);
});

test('StreamWatch tells what wakes wrote from what others wrote, in wake streams only', () => {
  const watch = new StreamWatch(crc32);
  const one = watcher('**');
  watch.add(one);
  const wake = wakeProducer('0123456789abcdef', 3);
  watch.segment(segment('pool', wake));
  watch.addWakeStream('pool');
  watch.addWakeStream('pool');
  watch.segment(segment('pool', wake, wake));
  watch.segment(segment('pool', wake, undefined));
  watch.removeWakeStream('pool');
  watch.segment(segment('pool', wake));
  watch.removeWakeStream('pool');
  watch.segment(segment('pool', wake));
  assert.deepEqual(one.told, ['pool', 'pool (wakes)', 'pool', 'pool (wakes)', 'pool']);
});
