import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { isSequenceAlgorithm, SequenceDigest } from './sequence_digest.ts';

const uint32s = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 50 });

/** The numbers as the checksum sees them, most significant byte first. */
function bytesOf(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

test('SequenceDigest: what the platform makes of the big-endian bytes, after every number [S2.7]', () => {
  fc.assert(
    fc.property(uint32s, (values) => {
      const crc = new SequenceDigest('crc-32', crc32);
      const sha = new SequenceDigest('sha-256', crc32);
      for (const [index, value] of values.entries()) {
        crc.add(value);
        sha.add(value);
        const bytes = bytesOf(values.slice(0, index + 1));
        assert.equal(crc.checksum, crc32(bytes).toString(16).padStart(8, '0'));
        assert.equal(sha.checksum, createHash('sha256').update(bytes).digest('hex'));
        assert.equal(sha.count, index + 1);
      }
    }),
    { numRuns: 50 },
  );
});

test('SequenceDigest: any bit of any number changes it', () => {
  fc.assert(
    fc.property(uint32s, fc.nat(), fc.nat({ max: 31 }), fc.boolean(), (values, at, bit, sha) => {
      fc.pre(values.length > 0);
      const sum = (summed: readonly number[]) => {
        const digest = new SequenceDigest(sha ? 'sha-256' : 'crc-32', crc32);
        for (const value of summed) digest.add(value);
        return digest.checksum;
      };
      const flipped = [...values];
      const place = at % values.length;
      flipped[place] = ((flipped[place] ?? 0) ^ (1 << bit)) >>> 0;
      assert.notEqual(sum(flipped), sum(values));
    }),
  );
});

test('isSequenceAlgorithm: the two there are', () => {
  assert.deepEqual(['crc-32', 'sha-256', 'md5', ''].map(isSequenceAlgorithm), [true, true, false, false]);
});
