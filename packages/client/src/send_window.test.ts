import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { SendWindow } from './send_window.ts';
import { proof } from './testing/scripted_answers.ts';

const limits = { windowBatchesMax: 3, windowBytesMax: 100 };
const bytes = (sequence: number, length = 10) => new Uint8Array(length).fill(sequence);

function takeAll(window: SendWindow): (number | undefined)[] {
  const taken: (number | undefined)[] = [];
  for (let next = window.takeNext(limits); next !== undefined; next = window.takeNext(limits)) taken.push(next[0]);
  return taken;
}

test('SendWindow has room until one of its limits is reached', () => {
  const byCount = new SendWindow();
  for (const sequence of [0, 1, 2]) {
    assert.equal(byCount.hasRoom(limits), true);
    void byCount.add(bytes(sequence), sequence);
  }
  assert.equal(byCount.hasRoom(limits), false);
  const byBytes = new SendWindow();
  void byBytes.add(bytes(0, 100), 0);
  assert.equal(byBytes.hasRoom(limits), false);
});

test('SendWindow gives all that is not settled again after a rewind, in order [P2] [F11]', async () => {
  const window = new SendWindow();
  const receipts = [4, 5, 6].map((sequence) => window.add(bytes(sequence), sequence));
  assert.deepEqual(takeAll(window), [4, 5, 6]);
  window.settle({ sequence: 4, offset: 40, duplicate: false, proof });
  window.rewind();
  assert.equal(window.hasSent(5), false);
  assert.deepEqual(takeAll(window), [5, 6]);
  assert.deepEqual([window.first, window.length], [5, 2]);
  window.settle({ sequence: 6, offset: 60, duplicate: true, proof });
  const all = await Promise.all(receipts);
  assert.deepEqual(
    all.map(({ sequence, offset, duplicate }) => ({ sequence, offset, duplicate })),
    [
      { sequence: 4, offset: 40, duplicate: false },
      { sequence: 5, offset: undefined, duplicate: true },
      { sequence: 6, offset: 60, duplicate: true },
    ],
  );
  assert.deepEqual([window.first, window.length, window.hasRoom(limits)], [undefined, 0, true]);
});

test('SendWindow knows what has left', () => {
  const window = new SendWindow();
  for (const sequence of [0, 1, 2, 3]) void window.add(bytes(sequence), sequence);
  takeAll(window);
  assert.deepEqual(
    [-1, 0, 2, 3].map((sequence) => window.hasSent(sequence)),
    [false, true, true, false],
  );
});

test('SendWindow rejects everything when it fails', async () => {
  const window = new SendWindow();
  const rejected = [0, 1].map((sequence) => assert.rejects(window.add(bytes(sequence), sequence), { code: 'closed' }));
  window.fail(new PacketboatError('closed', 'no'));
  await Promise.all(rejected);
  assert.deepEqual([window.length, window.hasRoom(limits), window.takeNext(limits)], [0, true, undefined]);
});
