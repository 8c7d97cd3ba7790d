import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SequenceState } from './sequence_state.ts';

const me = { session: 'me', token: 'secret' };
const other = { session: 'other', token: 'x' };
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'packetboat-')), 'state');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** Begins the next life, without an end of the last one: it was killed, or goes on. */
async function life() {
  const state = new SequenceState(folder);
  return { state, identity: await state.load(), received: state.received };
}

test('SequenceState: a killed life: the next one has its session and its numbers [A2.7]', async () => {
  const { state, identity } = await life();
  assert.equal(identity, undefined);
  await state.save(me);
  const values = [0, 1, 0xffff_ffff, 7, 7];
  for (const [index, value] of values.entries()) state.add({ index, value });
  const next = await life();
  assert.deepEqual([next.identity, next.received], [me, values]);
  next.state.add({ index: 5, value: 42 });
  assert.deepEqual((await life()).received, [...values, 42]);
  assert.equal(statSync(join(folder, 'session')).mode & 0o077, 0, 'nobody else reads the token');
});

test('SequenceState: a number of which a part is missing: it was not received', async () => {
  const { state } = await life();
  await state.save(me);
  state.add({ index: 0, value: 1 });
  appendFileSync(join(folder, 'session'), Buffer.from([1, 2, 3]));
  const next = await life();
  assert.deepEqual(next.received, [1]);
  next.state.add({ index: 1, value: 2 });
  assert.deepEqual((await life()).received, [1, 2]);
});

test('SequenceState: another session begins without numbers', async () => {
  const { state } = await life();
  await state.save(me);
  state.add({ index: 0, value: 1 });
  const next = await life();
  await next.state.save(other);
  assert.deepEqual(next.state.received, []);
  assert.deepEqual((await life()).identity, other);
  assert.deepEqual((await life()).received, []);
});

test('SequenceState: two lives that found nothing: the first to save is the one that is found [A2.7]', async () => {
  const [first, late] = [await life(), await life()];
  await first.state.save(me);
  await assert.rejects(late.state.save(other), { code: 'EEXIST' });
  assert.deepEqual([first.state.isKept, late.state.isKept], [true, false]);
  // What it does until it has ended spoils nothing.
  late.state.add({ index: 0, value: 1 });
  await late.state.save(undefined);
  late.state.close();
  first.state.add({ index: 0, value: 2 });
  const next = await life();
  assert.deepEqual([next.identity, next.received], [me, [2]]);
  assert.deepEqual(readdirSync(folder), ['session']);
});

test('SequenceState: two lives that know of one end: neither ends what a third has begun since', async () => {
  const { state } = await life();
  await state.save(me);
  const second = await life();
  await state.save(undefined);
  state.close();
  const third = new SequenceState(folder);
  await third.save(other);
  second.state.add({ index: 0, value: 1 });
  await second.state.save(undefined);
  second.state.close();
  const next = await life();
  assert.deepEqual([next.identity, next.received], [other, []]);
});

test('SequenceState: a folder that is gone by now is made again', async () => {
  const { state } = await life();
  const ended = await life();
  ended.state.close();
  assert.equal(existsSync(folder), false);
  await state.save(me);
  assert.deepEqual((await life()).identity, me);
});

test('SequenceState: over: the folder is gone, unless there is something else in it', async () => {
  const begun = await life();
  await begun.state.save(me);
  writeFileSync(join(folder, 'diary.txt'), 'dear diary');
  writeFileSync(join(folder, 'session.txt'), 'a good session');
  // A life was killed while it saved.
  writeFileSync(join(folder, `session.${randomUUID()}`), '{');
  begun.state.close();
  assert.equal(readdirSync(folder).length, 4);
  const { state } = await life();
  await state.save(undefined);
  state.close();
  assert.deepEqual(readdirSync(folder), ['diary.txt', 'session.txt']);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  (await life()).state.close();
  assert.equal(existsSync(folder), false);
});

test('SequenceState: where no folder can be: the error of the system, before anything else', () => {
  const file = join(folder, '..', 'file');
  writeFileSync(file, '');
  assert.throws(() => new SequenceState(join(file, 'state')), { code: 'ENOTDIR', path: file });
});

for (const text of ['', '{', 'null\n', '{"session":1,"token":"x"}\n', '{"session":"x","token":"x"}']) {
  test(`SequenceState: a damaged session file is told: ${JSON.stringify(text)}`, async () => {
    const state = new SequenceState(folder);
    writeFileSync(join(folder, 'session'), text);
    await assert.rejects(state.load(), { code: 'damaged' });
  });
}
