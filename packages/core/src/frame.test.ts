import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { crc32 } from './crc32.ts';
import { PacketboatError } from './errors.ts';
import { decodeFrame, encodePart, encodePublish, encodeSegment, frameOverheadBytes } from './frame.ts';

const bytes = fc.uint8Array({ maxLength: 60 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('decodeFrame reads back a publish frame', () => {
  const property = fc.property(uint32, fc.array(bytes, { maxLength: 4 }), (channel, batches) => {
    const frame = decodeFrame(encodePublish(channel, batches));
    assert.deepEqual(frame, { kind: 'publish', channel, batches: Uint8Array.from(Buffer.concat(batches)) });
  });
  fc.assert(property);
});

test('decodeFrame reads back a segment frame, for any stream', () => {
  const numbers = fc.record(
    { base: fc.maxSafeNat(), count: uint32, checksumBefore: uint32, checksumAfter: uint32 },
    { noNullPrototype: true },
  );
  const property = fc.property(uint32, numbers, fc.boolean(), bytes, (number, facts, close, batches) => {
    const segment = { ...facts, stream: 'any', incarnation: 'any', close, bytes: batches };
    const encoded = encodeSegment(number, segment);
    assert(encoded.length <= batches.length + frameOverheadBytes);
    assert.deepEqual(decodeFrame(encoded), { kind: 'segment', number, ...facts, close, batches });
  });
  fc.assert(property);
});

test('decodeFrame reads back a part', () => {
  const property = fc.property(uint32, fc.boolean(), bytes, (index, last, slice) => {
    assert.deepEqual(decodeFrame(encodePart(index, last, slice)), { kind: 'part', index, last, slice });
  });
  fc.assert(property);
});

test('decodeFrame refuses every frame cut within its header, and every damaged or unknown bit in it [P5]', () => {
  const segment = {
    stream: 's',
    incarnation: 'i',
    base: 0,
    count: 0,
    checksumBefore: 0,
    checksumAfter: 0,
    close: false,
  };
  const frames = [
    { whole: encodePublish(1, []), headerBytes: 8 },
    { whole: encodePart(1, true, new Uint8Array(0)), headerBytes: 8 },
    { whole: encodeSegment(1, { ...segment, bytes: new Uint8Array(0) }), headerBytes: 32 },
  ];
  for (const { whole, headerBytes } of frames) {
    for (let length = 0; length < headerBytes; length++) {
      assert.throws(() => decodeFrame(whole.subarray(0, length)), { code: 'badFrame' });
    }
    for (let bit = 0; bit < 8 * headerBytes; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => decodeFrame(damaged), { code: 'badFrame', message: /damaged|too few/ }, `bit ${bit}`);
    }
    for (const [at, value] of [
      [0, 0],
      [0, 4],
      [1, 2],
    ] as const) {
      const unknown = whole.slice(0, headerBytes);
      unknown[at] = value;
      const sealed = resealed(unknown, at === 0 ? 8 : headerBytes);
      assert.throws(() => decodeFrame(sealed), { code: 'badFrame', message: /unknown/ }, `byte ${at} = ${value}`);
    }
  }
  const segmentFrame = frames[2]?.whole ?? assert.fail();
  const reserved = segmentFrame.slice();
  reserved[31] = 1;
  assert.throws(() => decodeFrame(resealed(reserved, 32)), { code: 'badFrame', message: /reserved/ });
  const farOffset = segmentFrame.slice();
  farOffset[15] = 255;
  assert.throws(() => decodeFrame(resealed(farOffset, 32)), { code: 'badFrame', message: /2\^53/ });
});

/** The frame with the check that its head needs: the low half of the CRC-32 of the head without bytes 2 and 3. */
function resealed(frame: Uint8Array, headerBytes: number): Uint8Array {
  const head = frame.slice(0, headerBytes);
  const check = crc32(Uint8Array.of(...head.subarray(0, 2), ...head.subarray(4)));
  return Uint8Array.of(...head.subarray(0, 2), check & 255, (check >>> 8) & 255, ...frame.subarray(4));
}

test('decodeFrame refuses arbitrary bytes with badFrame and nothing else (hostile input 20)', () => {
  const likely = fc
    .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 60 }))
    .map(([type, rest]) => Uint8Array.of(type, ...rest));
  const property = fc.property(fc.oneof(bytes, likely), (message) => {
    try {
      decodeFrame(message);
    } catch (error) {
      assert(error instanceof PacketboatError && error.code === 'badFrame', String(error));
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});
