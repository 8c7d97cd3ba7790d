import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slices } from './slices.ts';

test('slices gives all bytes in order, the last slice as long as it is', () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, at) => at);
  let length = 0;
  const parts = slices(bytes, () => ++length);
  assert.deepEqual(
    parts.map((part) => part.length),
    [1, 2, 3, 4],
  );
  assert.deepEqual(Buffer.concat(parts), Buffer.from(bytes));
  assert.deepEqual(
    slices(new Uint8Array(0), () => 1),
    [],
  );
});
