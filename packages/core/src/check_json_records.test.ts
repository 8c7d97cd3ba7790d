import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, openBatch, sealBatch } from './batch.ts';
import { checkJsonRecords } from './check_json_records.ts';
import { crc32 } from './crc32.ts';
import { testLimits } from './testing/test_limits.ts';

const limits = testLimits();

function batchOf(texts: readonly string[], gap = false): Batch {
  const records = texts.map((text) => ({ timeNs: 0n, bytes: new TextEncoder().encode(text) }));
  return openBatch(sealBatch({ records, gap, close: true }, crc32), 0, crc32, limits);
}

test('checkJsonRecords takes one JSON value per record, a gap among them', () => {
  checkJsonRecords(batchOf(['{"a": [1, 2]}', '"text"', '0', 'null', '[]']), limits);
  checkJsonRecords(batchOf([]), limits);
  checkJsonRecords(batchOf(['{"from":1,"to":2,"count":2,"reason":"spoolFull"}'], true), limits);
});

test('checkJsonRecords refuses a record that is no value, several, or one with white space around it', () => {
  for (const bad of ['', ' ', 'x', '1 ', ' 1', '1,2', '1 2', '[1', '1]', '\ufeff1', '[[[', '{"a":1}\n']) {
    assert.throws(() => checkJsonRecords(batchOf(['{}', bad, '{}']), limits), {
      code: 'badJson',
      message: /^Record 2 of its batch: Bad JSON/,
    });
  }
});

test('checkJsonRecords sees each record alone: halves of one value are two mistakes', () => {
  assert.throws(() => checkJsonRecords(batchOf(['[1,', '2]']), limits), { code: 'badJson' });
  checkJsonRecords(batchOf(['1', '2']), limits);
});
