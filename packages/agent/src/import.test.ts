import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { DeadLetters } from './dead_letters.ts';
import { type ImportOptions, importLines, readImportLine } from './import.ts';
import type { LineAnswer } from './line_door.ts';

let folder: string;
let virtual: VirtualWorld;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-import-'));
  virtual = new VirtualWorld();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A line door in memory: keeps each line once. */
class FakeDoor {
  readonly stored = new Set<string>();
  readonly refuse = new Map<string, LineAnswer>();
  failures: PacketboatError[] = [];
  requests = 0;

  async post(lines: readonly string[]): Promise<LineAnswer[]> {
    this.requests++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return lines.map((line) => {
      const refusal = this.refuse.get(line);
      if (refusal !== undefined) return refusal;
      this.stored.add(line);
      return { kind: 'ack' };
    });
  }
}

async function run(text: string, door: FakeDoor, options: Partial<ImportOptions> = {}) {
  const deadLetters = new DeadLetters({ path: join(folder, 'dead.jsonl'), bytesMax: Number.POSITIVE_INFINITY });
  const signal = new AbortController().signal;
  async function* input() {
    yield Buffer.from(text);
  }
  const importing = importLines({ input: input(), door, deadLetters, world: virtual.world, signal, ...options });
  importing.catch(() => {});
  await virtual.advance(60_000);
  try {
    return await importing;
  } finally {
    await deadLetters.close();
  }
}

const deadLetters = (): string =>
  existsSync(join(folder, 'dead.jsonl')) ? readFileSync(join(folder, 'dead.jsonl'), 'utf8') : '';

test('importLines takes the printed sample: 17 records, byte for byte, in spite of gutter numbers (S0.6, S0.7)', async () => {
  const sample = readFileSync(new URL('./testing/paul.txt', import.meta.url), 'utf8');
  const door = new FakeDoor();
  const report = await run(sample, door);
  assert.deepEqual(report, { records: 17, rejected: 1 });
  const stored = [...door.stored];
  assert.equal(stored.length, 17);
  assert.equal(stored[0], 'paul 4.0 64.1 1612091235112730000');
  assert.equal(stored[16], 'paul 13.2 64.8 1612091251198529000');
  for (const line of stored) {
    assert.match(line, /^paul \d+\.\d 64\.\d \d{19}$/);
    assert.ok(sample.includes(line));
  }
  assert.match(deadLetters(), /"line":" {4}sensor log of paul"/);
});

test('readImportLine takes a number away only when the rest is a record and the whole is none', () => {
  const record = 'paul 2.0 64.1 1612091235112730001';
  for (const printed of [record, `  ${record}\r`, `11 ${record}`, `\t14:  ${record}`, `9) ${record}`]) {
    assert.deepEqual(readImportLine(printed), { kind: 'record', line: record }, printed);
  }
  const numbered = '11 2.0 64.1 1612091235112730001';
  assert.deepEqual(readImportLine(numbered), { kind: 'record', line: numbered });
  assert.deepEqual(readImportLine(`12 ${numbered}`), { kind: 'record', line: `12 ${numbered}` });
  assert.deepEqual(readImportLine(`12 ${numbered}`, '11'), { kind: 'record', line: numbered });
  assert.equal(readImportLine(record, 'anna').kind, 'rejected');
  assert.equal(readImportLine('11').kind, 'rejected');
  assert.equal(readImportLine('paul 2.0 64.1 161209123511273000').kind, 'rejected');
  assert.equal(readImportLine(' \t').kind, 'blank');
});

test('importLines waits for a server that cannot be reached, and sends only what has no ACK again', async () => {
  const lines = Array.from(
    { length: 2_500 },
    (_, index) => `paul 2.0 64.1 ${1_612_091_235_112_730_000n + BigInt(index)}`,
  );
  const door = new FakeDoor();
  door.failures = [new PacketboatError('unreachable', 'No'), new PacketboatError('busy', 'Later')];
  const problems: string[] = [];
  const report = await run(lines.join('\n'), door, { onProblem: (message) => problems.push(message) });
  assert.deepEqual(report, { records: 2_500, rejected: 0 });
  assert.deepEqual([...door.stored], lines);
  assert.equal(door.requests, 5);
  assert.deepEqual(problems, ['No; trying again', 'Later; trying again']);
});

test('importLines sets aside what the server refuses for good, and stops when it refuses all', async () => {
  const [good, bad] = ['paul 2.0 64.1 1612091235112730001', 'paul 2.0 64.1 1612091235112730002'];
  const door = new FakeDoor();
  door.refuse.set(bad, { kind: 'nak', code: 'closed' });
  assert.deepEqual(await run(`${good}\n${bad}\n`, door), { records: 1, rejected: 1 });
  assert.equal(deadLetters(), `{"reason":"closed: refused by the server","line":"${bad}"}\n`);
  door.failures = [new PacketboatError('forbidden', 'Not yours')];
  await assert.rejects(run(`${good}\n`, door), { code: 'forbidden' });
});

test('importLines sends lines again that the server cannot store now', async () => {
  const line = 'paul 2.0 64.1 1612091235112730001';
  const door = new FakeDoor();
  door.refuse.set(line, { kind: 'nak', code: 'diskFull' });
  virtual.world.timers.after(5_000, () => door.refuse.clear());
  assert.deepEqual(await run(line, door), { records: 1, rejected: 0 });
});

test('importLines stops when it is told to, and says that it is not finished', async () => {
  const door = new FakeDoor();
  const stop = new AbortController();
  stop.abort();
  const importing = run('paul 2.0 64.1 1612091235112730001', door, { signal: stop.signal });
  await assert.rejects(importing, { code: 'aborted' });
});
