import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesOf, faultOf } from './toxic.ts';

for (const [type, attributes] of [
  ['latency', { latency: 0, jitter: 0 }],
  ['slow_close', { delay: 0 }],
  ['timeout', { timeout: 0 }],
  ['reset_peer', { timeout: 0 }],
  ['limit_data', { bytes: 0 }],
] as const) {
  test(`faultOf takes 0 for what ${type} is not told, as Toxiproxy does`, () => {
    const fault = faultOf(type, {});
    assert.deepEqual(attributesOf(fault), attributes);
    assert.deepEqual(fault, faultOf(type, attributes));
  });
}

test('faultOf refuses an attribute that the type does not have, which Toxiproxy would pass over', () => {
  assert.throws(() => faultOf('limit_data', { byte: 4 }), /limit_data has no attribute "byte"/);
});
