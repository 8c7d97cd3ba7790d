import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealedBytes } from './batch.ts';
import { frameOverheadBytes } from './frame.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { testLimits } from './testing/test_limits.ts';

for (const [name, limits] of Object.entries({ defaultLimits, testLimits: testLimits() })) {
  test(`${name} fit one another`, () => {
    for (const [key, value] of Object.entries(limits)) {
      assert(Number.isSafeInteger(value) && value > 0, `${key} is ${value}`);
    }
    const atMost = (smaller: number, larger: keyof Limits) =>
      assert(smaller <= limits[larger], `${smaller} is over ${larger}`);
    atMost(sealedBytes(limits.producerIdBytesMax, 1, limits.recordBytesMax), 'batchBytesMax');
    atMost(limits.batchBytesTarget, 'batchBytesMax');
    atMost(limits.batchBytesMax + frameOverheadBytes, 'frameBytesMax');
    atMost(limits.segmentBytesMax + frameOverheadBytes, 'frameBytesMax');
    atMost(limits.batchBytesMax, 'commitBytesMax');
    atMost(limits.commitBytesMax, 'appendQueueBytesMax');
    atMost(limits.segmentBytesMax, 'readBytesMax');
    atMost(limits.batchBytesMax, 'windowBytesMax');
    atMost(limits.windowBatchesMax, 'recentBatchesMax');
    atMost(limits.frameBytesMax, 'creditBytesMax');
    atMost(limits.subscriptionBytesMax + 1_024, 'recordBytesMax');
    atMost(limits.wakeRetryMs, 'wakeRetryMsMax');
    atMost(limits.webhookConnectMs, 'webhookTimeoutMs');
    atMost(limits.heartbeatMs * limits.heartbeatsMissedMax, 'windowMs');
  });
}

test('testLimits lets a test set what it is about', () => {
  assert.equal(testLimits({ streamsMax: 3 }).streamsMax, 3);
});
