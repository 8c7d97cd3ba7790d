import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { crc32 } from './crc32.ts';

test('crc32 of the check string is the check value', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});

test('crc32 equals zlib at every length and alignment, from any start', () => {
  const bytes = Uint8Array.from({ length: 310 }, (_, index) => (index * 73 + 41) & 255);
  for (let length = 0; length <= 300; length++) {
    for (const at of [0, 1, 5]) {
      const slice = bytes.subarray(at, at + length);
      assert.equal(crc32(slice), zlib.crc32(slice));
      assert.equal(crc32(slice, 0xdeadbeef), zlib.crc32(slice, 0xdeadbeef));
    }
  }
});

test('crc32 continues: of two pieces it is that of the whole', () => {
  const property = fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
    assert.equal(crc32(right, crc32(left)), zlib.crc32(Buffer.concat([left, right])));
  });
  fc.assert(property);
});
