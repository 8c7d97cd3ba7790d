import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackJson, ackText } from './ack_format.ts';

const proof = {
  storeId: 's',
  stream: 'sensors/p',
  incarnation: 'i',
  offset: 2,
  checksum: 1,
  durability: 'disk',
  mac: 'm',
} as const;
const receipt = { sequence: 7, offset: 10, duplicate: false, proof };
const records = [1_612_091_235_112_730_000n, 1_612_091_235_112_730_001n].map((timeNs) => ({
  timeNs,
  bytes: new Uint8Array(0),
}));

test('ackText prints each time to its last digit, in order [S0.13] [T1]', () => {
  const batch = { sequence: 7, count: 2, gap: false, records, receipt };
  assert.equal(ackText(batch), 'ACK 1612091235112730000\nACK 1612091235112730001\n');
  assert.equal(
    ackJson(batch).split('\n')[1],
    '{"timeNs":"1612091235112730001","offset":11,"sequence":7,"duplicate":false}',
  );
});

test('ackText prints what was lost as GAP [P6]', () => {
  const gap = [{ timeNs: 0n, bytes: Buffer.from('{"from":0,"to":1,"count":2,"reason":"spoolFull"}') }];
  const batch = { sequence: 7, count: 1, gap: true, records: gap, receipt };
  assert.equal(ackText(batch), 'GAP {"from":0,"to":1,"count":2,"reason":"spoolFull"}\n');
});
