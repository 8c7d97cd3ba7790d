import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiptHeader } from './receipt_header.ts';

test('receiptHeader says what the store proves, as a dictionary of RFC 9651 [P1] [P5]', () => {
  const proof = {
    storeId: '00ff',
    stream: 's',
    incarnation: 'a1b2',
    offset: 42,
    checksum: 0xbeef,
    durability: 'disk',
    mac: 'q-_9',
  } as const;
  assert.equal(
    receiptHeader(proof),
    'store="00ff", incarnation="a1b2", offset=42, checksum="0000beef", durability=disk, mac="q-_9"',
  );
});
