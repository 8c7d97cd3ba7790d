import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { Progress } from './progress.ts';
import { Terminal } from './terminal.ts';

/** A terminal with so many columns, and the last line that was drawn there. */
function screen(columns: number) {
  const virtual = new VirtualWorld();
  let drawn = '';
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns });
  stderr.setEncoding('utf8').on('data', (text: string) => (drawn = text));
  const progress = new Progress('sequence', new Terminal(new PassThrough(), stderr), virtual.world.clock);
  return { virtual, progress, drawn: () => drawn };
}

test('Progress shows how far it is, and how long it still takes at the pace so far', async () => {
  const { virtual, progress, drawn } = screen(80);
  await virtual.advance(2_000);
  progress.report(3, 12, '3 of 12');
  assert.equal(drawn(), `sequence ${'█'.repeat(6)}${'░'.repeat(18)} 25 % 3 of 12, 6 s left`);
});

test('Progress is told how long it still takes by who knows it', async () => {
  const { virtual, progress, drawn } = screen(80);
  await virtual.advance(3_600_000);
  progress.report(3, 12, '3 of 12', 9_000);
  assert.match(drawn(), /3 of 12, 9 s left$/);
});

for (const [columns, line] of [
  [40, 'sequence ███░░ 50 % 6 of 12, 1.8 s left'],
  [36, 'sequence 50 % 6 of 12, 1.8 s left'],
  [20, '50 % 6 of 12, 1.8 s'],
] as const) {
  test(`Progress on ${columns} columns: the bar gives way to the numbers`, () => {
    const { progress, drawn } = screen(columns);
    progress.report(6, 12, '6 of 12', 1_800);
    assert.equal(drawn(), line);
  });
}
