import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { VirtualWorld } from '@packetboat/core/testing';
import { advanceUntil } from '../testing/advance_until.ts';
import { fileSource } from './file.ts';
import type { SourceEntry } from './source.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-file-'));
  path = join(folder, 'logs', 'values.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (entry: SourceEntry): string =>
  entry.kind === 'rejected' ? `- ${Buffer.from(entry.bytes).toString()}` : entry.text;

function open(world = nodeWorld, problems: string[] = []) {
  const stop = new AbortController();
  const context = {
    world,
    name: 'paul',
    mark: undefined,
    signal: stop.signal,
    ticks: assert.fail,
    problem: (message: string) => problems.push(message),
  };
  const chunks = fileSource({ path }).read(context)[Symbol.asyncIterator]();
  const next = async (): Promise<string[] | undefined> => (await chunks.next()).value?.entries.map(text);
  return { stop, next, problems };
}

test('fileSource is woken by appends and by rotation, without its poll', async () => {
  mkdirSync(join(folder, 'logs'));
  // Virtual time stands still: only events of the file system wake the source.
  const { next, stop } = open(new VirtualWorld().world);
  const first = next();
  writeFileSync(path, '2.0 64.1\n\nbad\u{0}\n');
  assert.deepEqual(await first, ['2.0 64.1', '- bad\u{0}']);
  const second = next();
  renameSync(path, `${path}.1`);
  writeFileSync(path, '4.0 64.1\n');
  assert.deepEqual(await second, ['4.0 64.1']);
  const last = next();
  stop.abort();
  assert.equal(await last, undefined);
});

test('fileSource waits for a folder that is not there yet: the poll finds it (S0.11)', async () => {
  const virtual = new VirtualWorld();
  const { next, stop, problems } = open(virtual.world);
  const first = next();
  await virtual.advance(5_000);
  mkdirSync(join(folder, 'logs'));
  writeFileSync(path, '1\n');
  assert.deepEqual(await advanceUntil(virtual, first), ['1']);
  appendFileSync(path, '2\n');
  assert.deepEqual(await advanceUntil(virtual, next()), ['2']);
  stop.abort();
  assert.equal(await next(), undefined);
  assert.deepEqual(problems, []);
});

test('fileSource tells once that it cannot read, and goes on when it can', async () => {
  const virtual = new VirtualWorld();
  mkdirSync(path, { recursive: true });
  const { next, stop, problems } = open(virtual.world);
  const first = next();
  // The file is looked at with real I/O, which virtual time does not wait for.
  while (problems.length === 0) await virtual.advance(1_000);
  await virtual.advance(10_000);
  assert.equal(problems.length, 1);
  assert.match(problems.join(), /Cannot read .*values\.log: EISDIR/);
  rmSync(path, { recursive: true });
  writeFileSync(path, '1\n');
  assert.deepEqual(await advanceUntil(virtual, first), ['1']);
  stop.abort();
  assert.equal(await next(), undefined);
});
