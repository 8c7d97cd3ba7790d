import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { Gate } from './gate.ts';

test('Gate lets through those who wait, not those who come later', async () => {
  const gate = new Gate();
  gate.open();
  const first = gate.wait();
  assert.equal(gate.wait(), first);
  gate.open();
  await first;
  assert.notEqual(gate.wait(), first);
});

test('Gate that fails rejects all, for good, with the first error', async () => {
  const gate = new Gate();
  const waiting = assert.rejects(gate.wait(), { code: 'closed' });
  gate.fail(new PacketboatError('closed', 'one'));
  gate.fail(new PacketboatError('gone', 'two'));
  gate.open();
  await waiting;
  await assert.rejects(gate.wait(), { code: 'closed' });
});
