/** Many readers replay one stream. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metric } from '../support/metrics.ts';
import { start } from './started.ts';

const readerCount = 200;
const segmentCount = 8;
const segmentBytes = 131_072;
/** Heads of a frame, of its parts and of its one batch. */
const overheadBytes = 1_024;

test('SDK: replay: 200 readers of one backlog: what nobody takes is not sent, all read the same bytes [F12] [P7] [I4]', async () => {
  await using started = await start();
  const writer = await started.client();
  const producer = await writer.producer('backlog', { create: true });
  for (let index = 0; index < segmentCount; index++) await producer.publish(new Uint8Array(segmentBytes).fill(index));
  const { tail, checksum } = await writer.streams.info('backlog');
  assert.equal(tail, segmentCount);

  const readers = await Promise.all(
    Array.from({ length: readerCount }, async () => {
      const client = await started.client();
      return client.read('backlog', { untilCaughtUp: true, creditBytes: 1 });
    }),
  );
  // Each takes its first frame and stops. Credit for one byte: the server may overdraw it once, and must then wait.
  const loops = readers.map((reader) => reader.batches());
  const firsts = await Promise.all(loops.map((loop) => loop.next()));
  assert.ok(firsts.every(({ value }) => value?.length === 1 && value[0]?.offset === 0));
  const sentBytes = await metric(started.url, 'frame_sent_bytes_total');
  assert.ok(sentBytes <= readerCount * (segmentBytes + overheadBytes), `${sentBytes} bytes were sent`);
  assert.equal(await metric(started.url, 'catch_up_reads'), 0);

  await Promise.all(
    loops.map(async (loop) => {
      let next = 1;
      for await (const records of loop) for (const { offset } of records) assert.equal(offset, next++);
    }),
  );
  for (const reader of readers) assert.deepEqual(reader.position, { offset: tail, checksum });
  assert.equal(await metric(started.url, 'catch_up_reads'), 0);
});
