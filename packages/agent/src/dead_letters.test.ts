import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DeadLetters } from './dead_letters.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-dead-'));
  path = join(folder, 'spool', 'dead-letters.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const letters = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

test('DeadLetters keeps each line with its reason, byte for byte, and makes no file without need', async () => {
  const dead = new DeadLetters({ path });
  await dead.add([]);
  assert.ok(!existsSync(path));
  await dead.add([
    { bytes: Buffer.from('gar"bage\u{1b}'), reason: 'badLine' },
    { bytes: Uint8Array.of(0xff, 0x00), reason: 'notUtf8' },
  ]);
  await dead.close();
  assert.deepEqual(letters(path), [
    { reason: 'badLine', line: 'gar"bage\u{1b}' },
    { reason: 'notUtf8', base64: '/wA=' },
  ]);
  assert.equal(dead.count, 2);
});

test('DeadLetters begins a line of its own behind a letter that a kill tore', async () => {
  const dead = new DeadLetters({ path });
  await dead.add([{ bytes: Buffer.from('one'), reason: 'a' }]);
  await dead.close();
  appendFileSync(path, '{"reason":"to');
  await dead.add([{ bytes: Buffer.from('two'), reason: 'b' }]);
  await dead.close();
  assert.equal(readFileSync(path, 'utf8').split('\n').at(-2), '{"reason":"b","line":"two"}');
});

test('DeadLetters keeps two files of bounded size', async () => {
  const dead = new DeadLetters({ path, bytesMax: 50 });
  for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) {
    await dead.add([{ bytes: Buffer.from(text), reason: 'x' }]);
  }
  await dead.close();
  assert.deepEqual(letters(`${path}.1`), [
    { reason: 'x', line: 'three' },
    { reason: 'x', line: 'four' },
  ]);
  assert.deepEqual(letters(path), [
    { reason: 'x', line: 'five' },
    { reason: 'x', line: 'six' },
  ]);
});
