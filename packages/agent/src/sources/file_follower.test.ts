import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { crc32 } from '@packetboat/core';
import fc from 'fast-check';
import { FileFollower } from './file_follower.ts';
import type { FileMark } from './file_mark.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-follow-'));
  path = join(folder, 'app.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Follows the file through restarts, and keeps what a spool would keep: lines and mark together. */
class Follower {
  readonly lines: string[] = [];
  readonly pieces: string[] = [];
  readonly problems: string[] = [];
  mark: FileMark | undefined;
  #follower: FileFollower;

  constructor() {
    this.#follower = this.#start();
  }

  /** Takes at most `stepsMax` steps. */
  async read(stepsMax = Number.POSITIVE_INFINITY): Promise<string[]> {
    const before = this.lines.length;
    for (let count = 0; count < stepsMax; count++) {
      const step = await this.#follower.step();
      if (step === undefined) break;
      const text = Buffer.from(step.bytes).toString();
      if (step.piece === undefined) this.lines.push(...text.split('\n').slice(0, -1));
      else this.pieces.push(`${step.piece}: ${text}`);
      this.mark = step.mark;
    }
    return this.lines.slice(before);
  }

  async restart(): Promise<void> {
    await this.#follower.close();
    this.#follower = this.#start();
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  #start(): FileFollower {
    const problem = (message: string): number => this.problems.push(message);
    return new FileFollower({ path, mark: this.mark, lineBytesMax: 40, crc32, problem });
  }
}

function rotateByRename(): void {
  for (const generation of [3, 2, 1]) {
    if (existsSync(`${path}.${generation}`)) renameSync(`${path}.${generation}`, `${path}.${generation + 1}`);
  }
  if (existsSync(path)) renameSync(path, `${path}.1`);
}

function rotateByCopy(): void {
  for (const generation of [3, 2, 1]) {
    if (existsSync(`${path}.${generation}`)) renameSync(`${path}.${generation}`, `${path}.${generation + 1}`);
  }
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

test('FileFollower waits for a file, and for the newline of a torn last line', async () => {
  const follower = new Follower();
  assert.deepEqual(await follower.read(), []);
  writeFileSync(path, 'one\ntw');
  assert.deepEqual(await follower.read(), ['one']);
  appendFileSync(path, 'o');
  assert.deepEqual(await follower.read(), []);
  await follower.restart();
  appendFileSync(path, '\nthree\n');
  assert.deepEqual(await follower.read(), ['two', 'three']);
  assert.deepEqual(follower.problems, []);
  await follower.close();
});

test('FileFollower reads what a writer still writes to a renamed file before it goes on to the new one', async () => {
  const follower = new Follower();
  writeFileSync(path, 'one\n');
  await follower.read();
  rotateByRename();
  appendFileSync(`${path}.1`, 'two\n');
  assert.deepEqual(await follower.read(), ['two']);
  writeFileSync(path, '');
  assert.deepEqual(await follower.read(), []);
  appendFileSync(`${path}.1`, 'three\n');
  appendFileSync(path, 'four\n');
  assert.deepEqual(await follower.read(), ['three', 'four']);
  await follower.close();
});

test('FileFollower sets a line aside that was torn when its file was rotated away', async () => {
  const follower = new Follower();
  writeFileSync(path, 'one\ntw');
  await follower.read();
  rotateByRename();
  writeFileSync(path, 'three\n');
  assert.deepEqual(await follower.read(1), []);
  assert.deepEqual(follower.pieces, ['torn: tw']);
  await follower.restart();
  assert.deepEqual(await follower.read(), ['three']);
  assert.deepEqual(follower.pieces, ['torn: tw']);
  await follower.close();
});

test('FileFollower sees a truncation also when the file grew beyond the old offset before it looked', async () => {
  const follower = new Follower();
  writeFileSync(path, 'one\n');
  await follower.read();
  writeFileSync(path, 'four\nfive\nsix\n');
  assert.deepEqual(await follower.read(), ['four', 'five', 'six']);
  assert.equal(follower.problems.length, 1);
  await follower.close();
});

test('FileFollower tells a loss when the file it stood in is gone after a restart', async () => {
  const follower = new Follower();
  writeFileSync(path, 'one\n');
  await follower.read();
  await follower.close();
  rmSync(path);
  await follower.restart();
  assert.deepEqual(await follower.read(), []);
  writeFileSync(path, 'five\nsix\n');
  assert.deepEqual(await follower.read(), ['five', 'six']);
  assert.match(follower.problems.join(), /may be missing/);
  await follower.close();
});

test('FileFollower sets a line aside that is too long, in pieces, and goes on behind it', async () => {
  const follower = new Follower();
  writeFileSync(path, `one\n${'x'.repeat(100)}`);
  await follower.read();
  await follower.restart();
  appendFileSync(path, 'yy\ntwo\n');
  await follower.read();
  assert.deepEqual(follower.lines, ['one', 'two']);
  assert.equal(follower.pieces.map((piece) => piece.replace('tooLong: ', '')).join(''), `${'x'.repeat(100)}yy\n`);
  await follower.close();
});

type Move = 'append' | 'part' | 'rotate' | 'read' | 'readOne' | 'restart';

for (const [style, rotate] of [
  ['rename', rotateByRename],
  ['copy and truncate', rotateByCopy],
] as const) {
  test(`FileFollower loses and repeats no line through rotations by ${style} and restarts at any step`, async () => {
    const move = fc.constantFrom<Move>('append', 'append', 'part', 'rotate', 'read', 'readOne', 'restart');
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 25 }), async (moves) => {
        rmSync(folder, { recursive: true, force: true });
        folder = mkdtempSync(join(tmpdir(), 'packetboat-follow-'));
        path = join(folder, 'app.log');
        const written = ['line 0'];
        let rotations = 0;
        writeFileSync(path, 'line 0\n');
        const follower = new Follower();
        await follower.read();
        const append = (): void => {
          written.push(`line ${written.length}`);
          appendFileSync(path, `${written.at(-1)}\n`);
        };
        for (const next of moves) {
          if (next === 'append') append();
          if (next === 'part') {
            appendFileSync(path, `line ${written.length}`);
            await follower.read();
            appendFileSync(path, '\n');
            written.push(`line ${written.length}`);
          }
          // More rotations than generations are kept would lose lines whoever follows.
          if (next === 'rotate' && existsSync(path) && rotations++ < 3) rotate();
          if (next === 'read') await follower.read();
          if (next === 'readOne') await follower.read(1);
          if (next === 'restart') await follower.restart();
        }
        append();
        await follower.read();
        await follower.close();
        assert.deepEqual(follower.lines, written);
        assert.deepEqual(follower.problems, []);
        assert.deepEqual(follower.pieces, []);
      }),
      { numRuns: 150 },
    );
  });
}
