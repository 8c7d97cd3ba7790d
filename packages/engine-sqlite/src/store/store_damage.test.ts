import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { PacketboatError, type Proof } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { connect } from './database.ts';
import { numbered, readTexts } from './testing/batches.ts';
import { crashImage, WriterStore } from './testing/writer_store.ts';
import { WitnessLog } from './witness_log.ts';

const { world } = new VirtualWorld(7);
const limits = testLimits();
let folder: string;
let opened: WriterStore[] = [];
let images = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-damage-'));
});
after(() => {
  closeAll();
  rmSync(folder, { recursive: true });
});

function open(path: string): WriterStore {
  const store = new WriterStore(path, world, limits);
  opened.push(store);
  return store;
}

/** Ends what was opened, as it stands: damaged stores need not close well. */
function closeAll(): void {
  for (const store of opened) {
    try {
      store.close();
    } catch {
      // It was damaged on purpose.
    }
  }
  opened = [];
}

function newFolder(): string {
  images += 1;
  const path = join(folder, String(images));
  mkdirSync(path);
  return path;
}

/** A copy of `path` as a crash would leave it. */
function imageOf(path: string): string {
  const image = newFolder();
  crashImage(path, image);
  return image;
}

async function append(store: WriterStore, stream: string, from: number, to: number): Promise<Proof> {
  let proof: Proof | undefined;
  for (let sequence = from; sequence < to; sequence++) {
    const outcome = await store.log.append({ stream, batch: numbered('p', sequence), create: {} });
    assert.ok(outcome.kind === 'appended');
    proof = outcome.proof;
  }
  assert.ok(proof !== undefined);
  return proof;
}

/** 60 records of `a` in the database, 60 more and 20 of `b` in the log, as a crash leaves them. */
async function makeImage(): Promise<string> {
  const path = newFolder();
  const first = open(path);
  await append(first, 'a', 0, 60);
  await first.map.put('k', new Uint8Array([1]));
  first.close();
  opened = [];
  const second = open(path);
  await append(second, 'a', 60, 120);
  await append(second, 'b', 0, 20);
  await second.map.put('k', new Uint8Array([1, 2]));
  return imageOf(path);
}

/** The answer, or the code of the error that is told instead. */
async function ask(question: () => Promise<unknown>): Promise<unknown> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof PacketboatError) return error.code;
    throw error;
  }
}

/** What a reader is told of the image's records; damage by its code. */
async function answers(store: WriterStore): Promise<unknown[]> {
  return [
    await ask(() => readTexts(store, 'a')),
    await ask(() => readTexts(store, 'b')),
    await ask(async () => (await store.map.get('k'))?.value),
    await ask(async () => (await store.log.list('', undefined, 10)).map(({ stream, tail }) => [stream, tail])),
    await ask(async () => (await store.log.append({ stream: 'a', batch: numbered('p', 119) })).kind),
  ];
}

const reports = new Set<unknown>(['damaged', 'dataLossDetected', 'storeVersion']);

/** Opens the image: every answer is `expected`, or damage is told. @returns whether it was told. */
async function reportsOrEquals(image: string, expected: unknown[], where: string): Promise<boolean> {
  try {
    const store = open(image);
    const { streams, mapChanges } = store.writer.loss;
    if (streams.length > 0 || mapChanges > 0) return true;
    const found = await answers(store);
    for (const [index, answer] of found.entries()) {
      if (!reports.has(answer)) assert.deepEqual(answer, expected[index], `${where}, answer ${index}`);
    }
    return found.some((answer) => reports.has(answer));
  } catch (error) {
    assert.ok(error instanceof PacketboatError && reports.has(error.code), `${where}: ${String(error)}`);
    return true;
  } finally {
    closeAll();
    rmSync(image, { recursive: true });
  }
}

test('open: crash: everything acknowledged is there, and its retry a duplicate [P1] [P2]', async () => {
  const image = await makeImage();
  closeAll();
  const store = open(image);
  assert.deepEqual(store.writer.loss.streams, []);
  assert.deepEqual(
    (await answers(store)).map((answer) => (Array.isArray(answer) ? answer.length : answer)),
    [120, 20, new Uint8Array([1, 2]), 2, 'duplicate'],
  );
  closeAll();
});

test('open: crash: what is in the log is synced into the database before the first receipt [P8]', async () => {
  const image = await makeImage();
  closeAll();
  assert.ok(readFileSync(join(image, 'store.db-wal')).length > 0);
  open(image);
  assert.equal(readFileSync(join(image, 'store.db-wal')).length, 0);
  const alone = newFolder();
  cpSync(join(image, 'store.db'), join(alone, 'store.db'));
  assert.equal((await readTexts(open(alone), 'a')).length, 120);
  closeAll();
});

/** Reads the store in `path` as a backup does, and keeps what it saw until closed. */
function startReading(path: string): DatabaseSync {
  const reader = connect(path, 'reader');
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM streams').get();
  return reader;
}

test('open: the witness that the start has emptied is synced, for it may tell of a loss accepted later [F15]', async ({
  mock,
}) => {
  const image = await makeImage();
  closeAll();
  const done: string[] = [];
  for (const step of ['empty', 'sync'] as const) mock.method(WitnessLog.prototype, step, () => done.push(step));
  open(image);
  assert.deepEqual(done.slice(-2), ['empty', 'sync']);
  closeAll();
});

test('open: another program reads the newest state: the store opens, and all is synced into the database [P8]', async () => {
  const image = await makeImage();
  closeAll();
  const reader = startReading(image);
  open(image);
  const alone = newFolder();
  cpSync(join(image, 'store.db'), join(alone, 'store.db'));
  reader.close();
  assert.equal((await readTexts(open(alone), 'a')).length, 120);
  closeAll();
});

test('open: another program reads an older state: refused as busy, and taken once it has ended [P8]', async () => {
  const path = newFolder();
  await append(open(path), 'a', 0, 60);
  const image = imageOf(path);
  const reader = startReading(image);
  const writing = connect(image, 'writer');
  writing.exec('UPDATE segments SET crc = crc + 1; UPDATE segments SET crc = crc - 1');
  assert.throws(() => open(image), { code: 'busy', message: /another program/ });
  reader.close();
  assert.equal((await readTexts(open(image), 'a')).length, 60);
  writing.close();
  closeAll();
});

test('store: 200 random bit flips in database and log: reported, or every answer stays equal [P5] [F5] [F14] [H39]', async () => {
  const whole = await makeImage();
  closeAll();
  const pristine = imageOf(whole);
  const expected = await answers(open(pristine));
  closeAll();
  let reported = 0;
  for (let flip = 0; flip < 200; flip++) {
    const image = imageOf(whole);
    const path = join(image, flip % 2 === 0 ? 'store.db' : 'store.db-wal');
    const bytes = readFileSync(path);
    const bit = Math.floor(world.random.fraction() * bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, bytes);
    if (await reportsOrEquals(image, expected, `${path} bit ${bit}`)) reported += 1;
  }
  assert.ok(reported > 40, `only ${reported} of 200 flips were noticed`);
});

test('open: torn, zeroed or flipped last page: start succeeds or refuses by name, loss is reported [F5]', async () => {
  const whole = await makeImage();
  closeAll();
  const expected = await answers(open(imageOf(whole)));
  closeAll();
  for (const name of ['store.db', 'store.db-wal']) {
    const { length } = readFileSync(join(whole, name));
    for (let cut = 1; cut <= 8_192; cut += 1_024) {
      const torn = imageOf(whole);
      truncateSync(join(torn, name), length - cut);
      await reportsOrEquals(torn, expected, `${name} short of ${cut}`);

      const zeroed = imageOf(whole);
      const bytes = readFileSync(join(zeroed, name)).fill(0, length - cut);
      writeFileSync(join(zeroed, name), bytes);
      await reportsOrEquals(zeroed, expected, `${name} zeroed from ${cut} before its end`);
    }
  }
});

test('open: cut log: the streams serve reads, refuse writes until accepted, and say what they lost [F15]', async () => {
  const image = await makeImage();
  closeAll();
  const wal = join(image, 'store.db-wal');
  const { length } = readFileSync(wal);
  truncateSync(wal, Math.floor(length / 2));
  const store = open(image);
  assert.deepEqual(store.writer.loss.streams.toSorted(), ['a', 'b']);
  const info = await store.log.info('a');
  assert.ok(typeof info === 'object' && info.loss?.tail === 120 && info.tail >= 60 && info.tail < 120);
  assert.equal((await readTexts(store, 'a')).length, info.tail);
  const next = { stream: 'a', batch: numbered('p', info.tail) };
  await assert.rejects(store.log.append(next), { code: 'dataLossDetected' });
  await assert.rejects(store.log.close('a'), { code: 'dataLossDetected' });
  assert.equal(store.writer.state.losses, 2);
  const evidence = readdirSync(image).find((name) => name.startsWith('damaged-wal-'));
  assert.ok(evidence !== undefined && readFileSync(join(image, evidence)).length === Math.floor(length / 2));

  const again = open(imageOf(image));
  assert.equal(again.writer.state.losses, 2, 'the loss is remembered');
  const accepted = await again.log.acceptLoss('a');
  assert.ok(typeof accepted === 'object' && accepted.loss === undefined);
  assert.notEqual(accepted.incarnation, info.incarnation, 'lost offsets are not used again under the old name [P3]');
  assert.equal((await again.log.append(next)).kind, 'appended');
  closeAll();
});

test('open: an older database under a newer witness: the loss is reported [F15]', async () => {
  const path = newFolder();
  const first = open(path);
  await append(first, 'a', 0, 10);
  first.close();
  opened = [];
  const backup = imageOf(path);
  const second = open(path);
  await append(second, 'a', 10, 20);
  await append(second, 'new', 0, 1);
  await second.log.create('gone');
  await second.log.delete('gone');
  const restored = newFolder();
  crashImage(path, restored);
  rmSync(join(restored, 'store.db-wal'));
  cpSync(join(backup, 'store.db'), join(restored, 'store.db'));
  closeAll();
  const store = open(restored);
  assert.deepEqual(store.writer.loss.streams.toSorted(), ['a', 'new']);
  const info = await store.log.info('new');
  assert.ok(typeof info === 'object' && info.loss?.tail === 1, 'a stream whose creation was lost is not simply absent');
  closeAll();
});

test('open: a stream deleted and made anew, and that was lost: the loss is told, counted and can be accepted [F15]', async () => {
  const path = newFolder();
  const first = open(path);
  await append(first, 'a', 0, 2);
  await first.log.delete('a');
  first.close();
  opened = [];
  const backup = imageOf(path);
  const second = open(path);
  await second.log.create('a');
  await append(second, 'a', 0, 3);
  const restored = imageOf(path);
  rmSync(join(restored, 'store.db-wal'));
  cpSync(join(backup, 'store.db'), join(restored, 'store.db'));
  closeAll();
  const store = open(restored);
  assert.deepEqual(store.writer.loss.streams, ['a']);
  assert.equal(store.writer.state.losses, 1);
  const info = await store.log.info('a');
  assert.ok(typeof info === 'object' && info.loss?.tail === 3, 'it is not simply gone');
  await assert.rejects(append(store, 'a', 0, 1), { code: 'dataLossDetected' });
  await store.log.acceptLoss('a');
  await append(store, 'a', 0, 1);
  assert.deepEqual(await readTexts(store, 'a'), ['p-0-0;']);
  closeAll();
});

test('open: revisions of lost map entries are not used again [F15]', async () => {
  const path = newFolder();
  const store = open(path);
  await store.map.put('k', new Uint8Array(1));
  const outcome = await store.map.put('k', new Uint8Array(2));
  const image = imageOf(path);
  rmSync(join(image, 'store.db-wal'));
  closeAll();
  const again = open(image);
  assert.deepEqual(again.writer.loss, { streams: [], mapChanges: 2 });
  const put = await again.map.put('k', new Uint8Array(3));
  assert.ok(put.kind === 'put' && outcome.kind === 'put' && put.revision > outcome.revision);
  closeAll();
});

test('open: torn or rotten witness: as if it were not there [F15]', async () => {
  const whole = await makeImage();
  closeAll();
  const bytes = readFileSync(join(whole, 'witness.log'));
  for (const torn of [bytes.subarray(0, -3), bytes.subarray(0, 40), Buffer.from('rot\n'), Buffer.alloc(64)]) {
    const image = imageOf(whole);
    writeFileSync(join(image, 'witness.log'), torn);
    assert.deepEqual(open(image).writer.loss.streams, []);
    closeAll();
  }
});

test('witness: a receipt ahead of the stream freezes it [F15]', async () => {
  const path = newFolder();
  const store = open(path);
  await append(store, 'a', 0, 5);
  const before5 = imageOf(path);
  const proof = await append(store, 'a', 5, 8);
  closeAll();
  const older = open(before5);
  assert.deepEqual(older.writer.loss.streams, []);
  assert.equal(await older.log.witness({ ...proof, mac: proof.mac.replace(/^./, 'x') }), 'wrongStore');
  assert.equal((await older.log.append({ stream: 'a', batch: numbered('p', 5) })).kind, 'appended');
  assert.equal(await older.log.witness(proof), 'lost');
  await assert.rejects(older.log.append({ stream: 'a', batch: numbered('p', 6) }), { code: 'dataLossDetected' });
  await older.log.acceptLoss('a');
  assert.equal(await older.log.witness(proof), 'wrongStore', 'a receipt of the old incarnation freezes nothing');
  closeAll();
});

test('open: a start that is refused changes no file [F14]', async () => {
  const whole = await makeImage();
  closeAll();
  const database = new DatabaseSync(join(whole, 'store.db'));
  database.exec("DELETE FROM streams WHERE k0 = 'b'");
  const damagedImage = imageOf(whole);
  database.close();
  const files = ['store.db', 'store.db-wal', 'witness.log'];
  const contents = () => files.map((name) => readFileSync(join(damagedImage, name)).toString('base64'));
  const earlier = contents();
  assert.throws(() => open(damagedImage), { code: 'damaged' });
  assert.deepEqual(contents(), earlier);
});

test('open: a database of a newer version, of another program, or missing beside its log is refused by name [H39]', async () => {
  const path = newFolder();
  open(path);
  closeAll();
  const newer = imageOf(path);
  execute(newer, 'PRAGMA user_version = 99');
  assert.throws(() => open(newer), { code: 'storeVersion' });
  const foreign = imageOf(path);
  execute(foreign, 'PRAGMA application_id = 1');
  assert.throws(() => open(foreign), { code: 'damaged' });
  const text = newFolder();
  writeFileSync(join(text, 'store.db'), 'this is no database, but it is long enough to be looked at'.repeat(200));
  assert.throws(() => open(text), { code: 'damaged' });
  const missing = await makeImage();
  closeAll();
  rmSync(join(missing, 'store.db'));
  assert.throws(() => open(missing), { code: 'damaged' });
  assert.ok(!existsSync(join(missing, 'store.db')), 'nothing is made in its place');
});

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(join(path, 'store.db'));
  database.exec(sql);
  database.close();
}
