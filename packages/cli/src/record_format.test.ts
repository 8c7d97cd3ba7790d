import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanFormat, jsonFormat } from './record_format.ts';
import { testContext } from './testing/test_context.ts';

test('jsonFormat keeps all digits of a time and all bytes of a payload [T1]', () => {
  const record = { offset: 3, timeNs: 1_612_091_235_112_730_001n, bytes: Buffer.from('4.0\n') };
  assert.equal(jsonFormat(record), '{"offset":3,"timeNs":"1612091235112730001","text":"4.0\\n"}\n');
  assert.equal(
    jsonFormat({ ...record, bytes: Uint8Array.of(255) }),
    '{"offset":3,"timeNs":"1612091235112730001","base64":"/w=="}\n',
  );
});

test('humanFormat shows what is lost where it would have been [P6]', () => {
  const format = humanFormat(testContext().terminal);
  const gap = { from: 0, to: 39, count: 40, reason: 'reten\u001btion' };
  const line = format({ offset: 39, timeNs: 0n, bytes: new Uint8Array(0), gap });
  assert.equal(line, '          — 40 records lost (numbers 0 to 39): reten\\x1btion —\n');
  assert.match(
    jsonFormat({ offset: 39, timeNs: 0n, bytes: new Uint8Array(0), gap }),
    /"gap":\{"from":0,"to":39,"count":40/,
  );
});
