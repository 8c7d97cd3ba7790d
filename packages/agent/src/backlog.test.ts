import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpoolStatus } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { BacklogTeller, describeBacklog } from './backlog.ts';

test('describeBacklog says what waits and when it is tried again', () => {
  assert.equal(
    describeBacklog({ waiting: 500, waitingBytes: 12_345 }, 4_200),
    'waiting: 500 records, 12 kB; retry in 4 s',
  );
  assert.equal(describeBacklog({ waiting: 1, waitingBytes: 38 }), 'waiting: 1 record, 38 B');
  assert.equal(
    describeBacklog({ waiting: 2, waitingBytes: 1_234_567 }, 10),
    'waiting: 2 records, 1.2 MB; retry in 1 s',
  );
  assert.equal(describeBacklog({ waiting: 0, waitingBytes: 0 }), 'nothing is waiting');
});

test('BacklogTeller tells an outage at once, then every 30 s, then its end', async () => {
  const virtual = new VirtualWorld();
  const told: string[] = [];
  let waiting = 0;
  const status = () => Promise.resolve({ waiting, waitingBytes: waiting * 30 } as SpoolStatus);
  const teller = new BacklogTeller({ spool: { status }, clock: virtual.world.clock, tell: (text) => told.push(text) });
  teller.heard({ status: 'connecting' });
  teller.heard({ status: 'connected' });
  for (waiting = 0; waiting < 40; waiting++) {
    teller.heard({ status: 'waiting', retryInMs: 1_000, reason: new Error('No answer') });
    teller.heard({ status: 'connecting' });
    await virtual.advance(1_000);
  }
  teller.heard({ status: 'connected' });
  teller.heard({ status: 'connected' });
  await virtual.advance(1);
  assert.deepEqual(told, [
    'No answer; nothing is waiting; retry in 1 s',
    'No answer; waiting: 30 records, 900 B; retry in 1 s',
    'connected again; waiting: 40 records, 1.2 kB',
  ]);
});
