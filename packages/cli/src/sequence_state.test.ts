import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SequenceState } from './sequence_state.ts';

const me = { session: 'me', token: 'secret' };
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'packetboat-')), 'state');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** Begins the next life, without an end of the last one: it was killed. */
async function life() {
  const state = new SequenceState(folder);
  return { state, identity: await state.load(), received: [...state.received()] };
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
  assert.equal(statSync(join(folder, 'session.json')).mode & 0o077, 0, 'nobody else reads the token');
});

test('SequenceState: a number of which a part is missing: it was not received', async () => {
  const { state } = await life();
  await state.save(me);
  state.add({ index: 0, value: 1 });
  appendFileSync(join(folder, 'numbers'), Buffer.from([1, 2, 3]));
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
  await next.state.save({ session: 'other', token: 'x' });
  assert.deepEqual((await life()).received, []);
});

test('SequenceState: more numbers than one look at the file brings', async () => {
  const { state } = await life();
  await state.save(me);
  for (let index = 0; index < 40_000; index++) state.add({ index, value: index });
  const { received } = await life();
  assert.equal(received.length, 40_000);
  assert.equal(received.at(-1), 39_999);
});

test('SequenceState: over: the folder is gone', async () => {
  const { state } = await life();
  await state.save(me);
  await state.save(undefined);
  state.close();
  assert.equal(existsSync(folder), false);
});

for (const text of ['', '{', 'null', '{"session":1,"token":"x"}']) {
  test(`SequenceState: a damaged session file is told: ${JSON.stringify(text)}`, async () => {
    const state = new SequenceState(folder);
    writeFileSync(join(folder, 'session.json'), text);
    await assert.rejects(state.load(), { code: 'damaged' });
  });
}
