import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PacketboatError } from './errors.ts';
import { encodePart, encodePublish } from './frame.ts';
import { FrameReceiver } from './frame_receiver.ts';

function receiver(frameBytesMax = 1_048_576) {
  const reports: number[] = [];
  return { frames: new FrameReceiver({ frameBytesMax, report: (bytes) => reports.push(bytes) }), reports };
}

test('FrameReceiver puts parts together, whatever their sizes', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(50)), (payload, sizes) => {
    const { frames } = receiver();
    const frame = encodePublish(7, [payload]);
    let [at, index] = [0, 0];
    for (const size of sizes) {
      if (at + size >= frame.length) break;
      assert.equal(frames.take(encodePart(index, false, frame.subarray(at, at + size))), undefined);
      at += size;
      index += 1;
    }
    const whole = frames.take(encodePart(index, true, frame.subarray(at)));
    assert.deepEqual(whole, { kind: 'publish', channel: 7, batches: payload });
    assert.deepEqual(frames.take(frame), { kind: 'publish', channel: 7, batches: payload });
  });
  fc.assert(property);
});

test('FrameReceiver keeps copies of parts: the socket may reuse its buffer', () => {
  const { frames } = receiver();
  const frame = encodePublish(1, [Uint8Array.of(1, 2, 3)]);
  const message = encodePart(0, false, frame.subarray(0, 9));
  frames.take(message);
  message.fill(255);
  assert.deepEqual(frames.take(encodePart(1, true, frame.subarray(9))), {
    kind: 'publish',
    channel: 1,
    batches: Uint8Array.of(1, 2, 3),
  });
});

test('FrameReceiver refuses parts out of order, and frames between parts', () => {
  const slice = new Uint8Array(4);
  for (const messages of [
    [encodePart(1, false, slice)],
    [encodePart(0, false, slice), encodePart(0, false, slice)],
    [encodePart(0, false, slice), encodePart(2, true, slice)],
    [encodePart(0, false, slice), encodePublish(1, [])],
  ]) {
    const { frames } = receiver();
    assert.throws(() => messages.forEach((message) => frames.take(message)), { code: 'badFrame' });
  }
  const { frames } = receiver();
  const nested = encodePart(0, true, encodePart(0, true, encodePublish(1, [])));
  assert.throws(() => frames.take(nested), { code: 'badFrame', message: /a part holds parts/ });
});

test('FrameReceiver holds at most frameBytesMax bytes of parts [P7]', () => {
  const { frames } = receiver(100_000);
  for (let index = 0; index < 10; index++) frames.take(encodePart(index, false, new Uint8Array(10_000)));
  assert.throws(() => frames.take(encodePart(10, false, new Uint8Array(1))), { code: 'tooLarge' });
});

test('FrameReceiver refuses many tiny parts long before their bytes add up (hostile input 18) [P7]', () => {
  const { frames } = receiver(1_048_576);
  let taken = 0;
  const flood = () => {
    while (taken < 5_000) {
      frames.take(encodePart(taken, false, new Uint8Array(0)));
      taken += 1;
    }
  };
  assert.throws(flood, { code: 'tooLarge' });
  assert(taken <= 1_025, `${taken} parts were held`);
});

test('FrameReceiver reports what arrived at the latest after every 4 KiB', () => {
  const { frames, reports } = receiver();
  let arrived = 0;
  for (let index = 0; index < 50; index++) {
    const message = encodePublish(1, [new Uint8Array(index * 30)]);
    arrived += message.length;
    frames.take(message);
    assert(arrived - (reports.at(-1) ?? 0) < 4_096);
  }
  assert(reports.length <= arrived / 4_096, `${reports.length} reports for ${arrived} bytes`);
  assert(reports.every((report, index) => report > (reports[index - 1] ?? 0)));
});

test('FrameReceiver refuses arbitrary messages with a PacketboatError and nothing else', () => {
  const part = fc
    .tuple(fc.nat(2), fc.boolean(), fc.uint8Array({ maxLength: 20 }))
    .map(([index, last, slice]) => encodePart(index, last, slice));
  const property = fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), part)), (messages) => {
    const { frames } = receiver();
    try {
      for (const message of messages) frames.take(message);
    } catch (error) {
      assert(error instanceof PacketboatError, String(error));
    }
  });
  fc.assert(property, { numRuns: 500 });
});
