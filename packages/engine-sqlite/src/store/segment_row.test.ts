import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeSegmentRow, encodeSegmentRow } from './segment_row.ts';

test('decodeSegmentRow returns what was encoded', () => {
  const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const sum52 = fc.integer({ min: 0, max: 2 ** 52 });
  const point = fc.record(
    { offset: sum52, checksum: uint32, bytes: sum52, payloadBytes: sum52 },
    { noNullPrototype: true },
  );
  const batches = fc.array(fc.uint8Array({ maxLength: 50 }));
  const nanoseconds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(
      point,
      batches,
      uint32,
      uint32,
      fc.boolean(),
      nanoseconds,
      (before, pieces, count, sum, close, storedNs) => {
        const bytes = Buffer.concat(pieces);
        const after = {
          offset: before.offset + count,
          checksum: sum,
          bytes: before.bytes + bytes.length,
          payloadBytes: before.payloadBytes + count,
        };
        const decoded = decodeSegmentRow(encodeSegmentRow({ before, after, close, storedNs }, pieces));
        assert.deepEqual(decoded, { before, after, close, storedNs, bytes: new Uint8Array(bytes) });
      },
    ),
  );
});
