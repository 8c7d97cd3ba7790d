import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, encodePart, encodePublish, sealBatch, type SegmentFrame, type ServerMessage } from '@packetboat/core';
import { ServerCheck } from './server_check.ts';

const proof = { storeId: 's', stream: 'a', incarnation: 'i', offset: 1, checksum: 0, durability: 'disk', mac: 'm' };
const receipt = (sequence: number, duplicate = false): ServerMessage => ({
  type: 'receipt',
  channel: 1,
  sequence,
  duplicate,
  proof,
});
const place = { stream: 'a', incarnation: 'i' };
const subscribed: ServerMessage = {
  type: 'subscribed',
  sub: 1,
  number: 7,
  ...place,
  contentType: 'text/plain',
  from: 0,
  first: 0,
  tail: 1,
};

const batch = sealBatch(
  { records: [{ timeNs: 0n, bytes: new TextEncoder().encode('a') }], producer: { id: 'p', epoch: 0, sequence: 0 } },
  crc32,
);
const checksumAfter = crc32(new TextEncoder().encode('a'));
const segment: SegmentFrame = {
  kind: 'segment',
  number: 7,
  base: 0,
  count: 1,
  checksumBefore: 0,
  checksumAfter,
  close: false,
  batches: batch,
};

test('ServerCheck takes receipts that go forward, and those of duplicates', () => {
  const check = new ServerCheck();
  for (const told of [receipt(0), receipt(3), receipt(1, true), receipt(4)]) {
    assert.equal(check.message('it', told), undefined);
  }
  assert.equal(check.message('other', receipt(0)), undefined);
});

test('ServerCheck finds a receipt behind a later one, until the channel is opened again', () => {
  const check = new ServerCheck();
  check.message('it', receipt(3));
  assert.match(check.message('it', receipt(2)) ?? '', /batch 2 behind that of 3/);
  check.message('it', { type: 'producing', channel: 1, ...place, epoch: 1, sequence: 0, tail: 1 });
  assert.equal(check.message('it', receipt(0)), undefined);
});

test('ServerCheck takes batches that the case has sent, whole or in parts, and no others', () => {
  const frame = encodePublish(1, [batch]);
  const parts = [encodePart(0, false, frame.subarray(0, 20)), encodePart(1, true, frame.subarray(20))];
  for (const messages of [[], [frame], parts]) {
    const check = new ServerCheck();
    check.message('it', subscribed);
    check.sends(messages);
    const taken = check.segment('it', segment);
    if (messages.length > 0) assert.deepEqual(taken, ['a']);
    else assert.match('wrong' in taken ? taken.wrong : '', /no producer has sent/);
  }
});

test('ServerCheck finds a segment of a stream that was never told', () => {
  const taken = new ServerCheck().segment('it', segment);
  assert.match('wrong' in taken ? taken.wrong : '', /never told/);
});
