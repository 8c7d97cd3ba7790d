import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { LinkTeller } from './link_teller.ts';
import { testContext } from './testing/test_context.ts';

test('LinkTeller tells the start of an outage, not each attempt, and its end with its length', async () => {
  const { terminal, world, virtual, said } = testContext();
  const { heard } = new LinkTeller('http://x', world.clock, terminal);
  heard({ status: 'connecting' });
  heard({ status: 'connected' });
  assert.equal(said.stderr, '');
  const reason = new PacketboatError('timeout', 'silent for 30 s');
  for (let attempt = 1; attempt <= 10; attempt++) {
    heard({ status: 'waiting', attempt, retryInMs: 2_000, reason });
    await virtual.advance(2_000);
    heard({ status: 'connecting' });
  }
  heard({ status: 'connected' });
  assert.equal(
    said.stderr,
    'the link to http://x is down: silent for 30 s; trying again in 2 s\nconnected to http://x again after 20 s\n',
  );
});

test('LinkTeller tells a long outage again every 30 s', async () => {
  const { terminal, world, virtual, said } = testContext();
  const { heard } = new LinkTeller('http://x', world.clock, terminal);
  for (let attempt = 1; attempt <= 61; attempt++) {
    heard({ status: 'waiting', attempt, retryInMs: 1_000 });
    await virtual.advance(1_000);
  }
  assert.equal(said.stderr.match(/cannot reach http:\/\/x/g)?.length, 3);
});
