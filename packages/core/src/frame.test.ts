import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
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

test('decodeFrame refuses every frame cut within its header, and every unknown bit in it', () => {
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
    for (const [at, value] of [
      [0, 0],
      [0, 4],
      [1, 2],
      [2, 1],
      [3, 1],
    ] as const) {
      const damaged = whole.slice();
      damaged[at] = value;
      assert.throws(() => decodeFrame(damaged), { code: 'badFrame' }, `byte ${at} = ${value}`);
    }
  }
  const reserved = frames[2]?.whole.slice() ?? assert.fail();
  reserved[31] = 1;
  assert.throws(() => decodeFrame(reserved), { code: 'badFrame' });
  const farOffset = frames[2]?.whole.slice() ?? assert.fail();
  farOffset[15] = 255;
  assert.throws(() => decodeFrame(farOffset), { code: 'badFrame', message: /2\^53/ });
});

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
