import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import type { StatusChange } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import { SequenceTeller } from './sequence_teller.ts';
import { Terminal } from './terminal.ts';
import { testContext } from './testing/test_context.ts';

const cut = new PacketboatError('unreachable', 'The connection broke off');

/** A teller on a terminal with so many columns; `live` is the line that replaces itself. */
function onTerminal(columns = 80) {
  const { virtual, world } = testContext();
  const written: string[] = [];
  const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
    written.push(chunk.toString());
    done();
  };
  const stderr = Object.assign(new Writable({ write }), { isTTY: true, columns });
  const terminal = new Terminal(new PassThrough(), stderr);
  terminal.configure({ color: false });
  const teller = new SequenceTeller('http://x', world, terminal, 300);
  const heard = (change: StatusChange) => teller.heard({ ...change, text: '' });
  return { virtual, teller, heard, written, live: () => written.at(-1) };
}

test('SequenceTeller on a terminal: a cut: what is waited for, second by second, then where it goes on', async () => {
  const { virtual, teller, heard, written, live } = onTerminal();
  heard({ status: 'connected' });
  teller.received(8, 12);
  assert.match(live() ?? '', /8 of 12, 1\.2 s left$/);
  heard({ status: 'waiting', attempt: 1, retryInMs: 1_300, reason: cut });
  assert.ok(written.includes('the link to http://x is down: The connection broke off\n'));
  assert.equal(live(), 'waiting, retrying in 1.3 s; down for 0 s, attempt 2; 8 of 12 numbers are here');
  await virtual.advance(1_000);
  assert.equal(live(), 'waiting, retrying in 0.3 s; down for 1 s, attempt 2; 8 of 12 numbers are here');
  await virtual.advance(400);
  heard({ status: 'connecting' });
  assert.equal(live(), 'connecting; down for 1 s, attempt 2; 8 of 12 numbers are here');
  await virtual.advance(600);
  heard({ status: 'connected' });
  assert.equal(live(), 'connected to http://x again after 2 s; resumed at number 9\n');
  await virtual.advance(60_000);
  teller.received(9, 12);
  // The time without a link says nothing about what is left.
  assert.match(live() ?? '', /9 of 12, 900 ms left$/);
});

test('SequenceTeller on a terminal: numbers stay away and nobody knows yet that the link is down: says so', async () => {
  const { virtual, teller, heard, written, live } = onTerminal();
  heard({ status: 'connected' });
  teller.received(8, 12);
  await virtual.advance(1_900);
  assert.match(live() ?? '', /8 of 12, 1\.2 s left$/);
  await virtual.advance(2_200);
  assert.equal(live(), 'no number for 4 s, the link may be down; 8 of 12 numbers are here');
  teller.received(9, 12);
  await virtual.advance(1_900);
  assert.match(live() ?? '', /9 of 12, 900 ms left$/);
  teller.end();
  const { length } = written;
  await virtual.advance(60_000);
  assert.equal(written.length, length, 'nothing is drawn after the end');
});

test('SequenceTeller on 40 columns: when it retries is seen all the same', async () => {
  const { teller, heard, live } = onTerminal(40);
  teller.received(8, 12);
  heard({ status: 'waiting', attempt: 11, retryInMs: 900, reason: cut });
  assert.equal(live(), 'waiting, retrying in 0.9 s; down for 0 ');
});

test('SequenceTeller without a terminal: one line for an outage, again every 30 s, one when it is over', async () => {
  const { terminal, world, virtual, said } = testContext();
  const teller = new SequenceTeller('http://x', world, terminal, 1_000);
  const heard = (change: StatusChange) => teller.heard({ ...change, text: '' });
  heard({ status: 'connected' });
  teller.received(3, 20);
  for (let attempt = 1; attempt <= 40; attempt++) {
    heard({ status: 'waiting', attempt, retryInMs: attempt === 1 ? 10 : 1_000, reason: cut });
    await virtual.advance(1_000);
  }
  heard({ status: 'connected' });
  assert.deepEqual(said.stderr.trimEnd().split('\n'), [
    'the link to http://x is down: The connection broke off; waiting, retrying in 0.1 s',
    'the link to http://x is down: The connection broke off; waiting, retrying in 1.0 s',
    'connected to http://x again after 40 s; resumed at number 4',
  ]);
});

test('SequenceTeller says that nobody was ever reached', () => {
  const { terminal, world, said } = testContext();
  const teller = new SequenceTeller('http://x', world, terminal, 1_000);
  teller.heard({ status: 'waiting', attempt: 1, retryInMs: 200, reason: cut, text: '' });
  assert.equal(said.stderr, 'cannot reach http://x: The connection broke off; waiting, retrying in 0.2 s\n');
  teller.end();
});
