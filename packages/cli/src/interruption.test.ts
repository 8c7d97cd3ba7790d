import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testContext } from './testing/test_context.ts';

test('Interruption aborts at the first signal and remembers its exit code', async () => {
  const { interruption, process } = testContext();
  assert.equal(interruption.signal.aborted, false);
  process.emit('SIGTERM', 'SIGTERM');
  await interruption.stopped();
  assert.deepEqual([interruption.exitCode, process.exits], [143, []]);
});

test('Interruption keeps the process alive while somebody waits for a signal, for days if need be', async () => {
  const { interruption, process, virtual } = testContext();
  const stopped = interruption.stopped();
  await virtual.advance(7 * 86_400_000);
  assert.equal(virtual.pendingTimers, 1);
  process.emit('SIGINT', 'SIGINT');
  await stopped;
  assert.equal(virtual.pendingTimers, 0);
});

test('Interruption ends the process at a second signal [H38]', async () => {
  const { interruption, process, virtual } = testContext();
  process.emit('SIGINT', 'SIGINT');
  await virtual.advance(1_000);
  process.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual([interruption.exitCode, process.exits], [130, [143]]);
});

test('Interruption takes a signal that comes twice at once, from terminal and launcher, for one', async () => {
  const { process, virtual } = testContext();
  process.emit('SIGINT', 'SIGINT');
  await virtual.advance(50);
  process.emit('SIGINT', 'SIGINT');
  assert.deepEqual(process.exits, []);
});
