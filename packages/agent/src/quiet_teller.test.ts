import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { QuietTeller } from './quiet_teller.ts';

test('QuietTeller tells the same sentence once a minute, with how often it was held back', async () => {
  const virtual = new VirtualWorld();
  const told: string[] = [];
  const teller = new QuietTeller(virtual.world.clock, (message) => told.push(message));
  for (let second = 0; second < 121; second++) {
    teller.tell('no room');
    if (second === 30) teller.tell('another thing');
    await virtual.advance(1_000);
  }
  assert.deepEqual(told, [
    'no room',
    'another thing',
    'no room (and 59 times since last told)',
    'no room (and 59 times since last told)',
  ]);
});
