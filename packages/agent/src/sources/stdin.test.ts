import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import type { SourceEntry } from './source.ts';
import { type StdinSourceOptions, stdinSource } from './stdin.ts';

async function read(input: Readable, options: StdinSourceOptions = {}, signal = new AbortController().signal) {
  const context = {
    world: new VirtualWorld().world,
    name: 'paul',
    mark: undefined,
    signal,
    ticks: assert.fail,
    problem: assert.fail,
  };
  const all: SourceEntry[] = [];
  for await (const { entries } of stdinSource(input, options).read(context)) all.push(...entries);
  return all.map((entry) => (entry.kind === 'rejected' ? `- ${Buffer.from(entry.bytes).toString()}` : entry.text));
}

test('stdinSource reads LF and CRLF lines, passes blank ones, and needs no last newline', async () => {
  const input = Readable.from([Buffer.from('2.0 64.1\r\n\n \n4'), Buffer.from('.0\n5'), Buffer.from('.50')]);
  assert.deepEqual(await read(input), ['2.0 64.1', '4.0', '5.50']);
});

test('stdinSource keeps a character whole that is split over chunks', async () => {
  const bytes = Buffer.from('21.5 °C\n');
  assert.deepEqual(await read(Readable.from([...bytes].map((byte) => Buffer.of(byte)))), ['21.5 °C']);
});

test('stdinSource sets very long lines aside, whole, and goes on', async () => {
  const input = Readable.from([Buffer.from('1\nabcdefghijkl\n2\n')]);
  assert.deepEqual(await read(input, { lineBytesMax: 5 }), ['1', '- abcde', '- fghij', '- kl', '2']);
});

test('stdinSource takes whole records of the sensor with their own time', async () => {
  const input = Readable.from([Buffer.from('paul 4.0 64.1 1612091235112730001\nanna 1 2 1612091235112730001\n')]);
  assert.deepEqual(await read(input, { format: 'records' }), [
    'paul 4.0 64.1 1612091235112730001',
    '- anna 1 2 1612091235112730001',
  ]);
});

test('stdinSource stops while a pipe is silent, but tells an error of the pipe', async () => {
  const stop = new AbortController();
  const reading = read(new PassThrough(), {}, stop.signal);
  stop.abort();
  assert.deepEqual(await reading, []);
  const broken = new PassThrough();
  broken.destroy(new Error('EIO'));
  await assert.rejects(read(broken), /EIO/);
});
