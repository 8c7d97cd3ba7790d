/** Well-formed messages that mean harm, at the session door of a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClientMessage, PacketboatError } from '@packetboat/core';
import { metricIs } from '../support/metrics.ts';
import { Besieged } from './besieged.ts';
import { published, RawSession, said } from './raw_session.ts';

const hello: ClientMessage = { type: 'hello', protocol: 1, client: 'hostile' };

let besieged: Besieged;

before(async () => {
  besieged = await Besieged.open('--window-ms', '1000');
});

after(() => besieged[Symbol.asyncDispose]());

/** A stream with these records. */
async function filled(stream: string, ...texts: readonly string[]): Promise<void> {
  const producer = await besieged.client.producer(stream, { create: true });
  await Promise.all(texts.map((text) => producer.publish(text)));
  await producer.close();
}

/** Where the cursor `c` of a stream stands. */
async function cursorOf(stream: string): Promise<number | undefined> {
  try {
    return (await besieged.client.cursors.get(stream, 'c')).offset;
  } catch (error) {
    if (error instanceof PacketboatError && error.code === 'notFound') return undefined;
    throw error;
  }
}

test('session: hostile: hellos that are none, or too many: closed with a reason each [H21]', async () => {
  for (const [what, code, reason, messages] of [
    ['twice', 4400, 'badFrame', [hello, hello]],
    ['none', 4400, 'badFrame', [{ type: 'produce', channel: 1, stream: 'alive', producer: 'p', create: true }]],
    ['of another protocol', 4426, 'unknownVersion', [{ ...hello, protocol: 2 }]],
    ['too late', 4400, 'badFrame', [{ type: 'heartbeat' }, hello]],
    ['with more than fits', 4413, 'tooLarge', [{ ...hello, client: 'x'.repeat(9_000) }]],
  ] as const) {
    using raw = new RawSession(besieged.url);
    for (const message of messages) raw.say(message);
    assert.deepEqual(await raw.closed(), { code, reason }, what);
    const last = raw.messages.at(-1);
    assert.ok((last?.type === 'refused' || last?.type === 'closing') && last.code === reason, what);
  }
  await besieged.unharmed();
});

test('session: hostile: a forged id, a forged token, the token of another: refused with a reason each, the owners go on [H21] [A2.9]', async () => {
  using owner = await RawSession.greeted(besieged.url);
  using other = await RawSession.greeted(besieged.url);
  assert.ok(owner.identity && other.identity);
  const { session, token } = owner.identity;
  for (const [code, reason, resume] of [
    [4410, 'expired', { session: 'f'.repeat(32), token }],
    [4410, 'expired', { session: '', token: '' }],
    [4410, 'expired', { session: '__proto__', token }],
    [4410, 'expired', { session: `${session}/../${session}`, token }],
    [4401, 'unauthorized', { session, token: '' }],
    [4401, 'unauthorized', { session, token: token.slice(0, -1) }],
    [4401, 'unauthorized', { session, token: `${token}0` }],
    [4401, 'unauthorized', { session, token: other.identity.token }],
  ] as const) {
    using forger = await RawSession.greeted(besieged.url, resume);
    assert.deepEqual(await forger.closed(), { code, reason }, JSON.stringify(resume));
    assert.deepEqual(
      forger.messages.map(({ type }) => type),
      ['refused'],
    );
  }
  for (const raw of [owner, other]) {
    raw.say({ type: 'call', id: 1, method: 'streams.list', params: { limit: 1 } });
    await raw.next('result');
    raw.say({ type: 'bye' });
    assert.equal((await raw.closed())?.code, 1000);
  }
  await besieged.unharmed();
});

test('session: hostile: a session that is live elsewhere: the old connection is fenced by name, each record is delivered to one of them [H21] [F13] [A2.7]', async () => {
  await filled('taken', '0', '1');
  using old = await RawSession.greeted(besieged.url);
  old.say({ type: 'subscribe', sub: 1, stream: 'taken', from: { at: 'start' }, credit: 100_000 });
  old.say({ type: 'produce', channel: 1, stream: 'taken', producer: 'p', epoch: 0 });
  await old.next('caughtUp');
  await old.next('producing');

  using next = await RawSession.greeted(besieged.url, old.identity);
  assert.equal((await next.next('welcome')).resumed, true);
  assert.equal((await old.next('closing')).code, 'takenOver');
  const delivered = old.frames.length;
  old.write(published(1, 'p', 0, 'of the old'));
  assert.deepEqual(await old.closed(), { code: 4409, reason: 'takenOver' });
  next.say({ type: 'subscribe', sub: 1, stream: 'taken', from: { at: 'offset', offset: 2 }, credit: 100_000 });
  next.say({ type: 'produce', channel: 1, stream: 'taken', producer: 'p', epoch: 0 });
  assert.equal((await next.next('producing')).sequence, 0, 'nothing of the old was stored');
  next.write(published(1, 'p', 0, 'of the new'));
  await next.next('receipt');
  await next.until(() => next.frames.length > 0);
  assert.equal(old.frames.length, delivered);
  assert.deepEqual(
    next.frames.map(({ base, count }) => [base, count]),
    [[2, 1]],
  );
  next.say({ type: 'bye' });
  await next.closed();
  old[Symbol.dispose]();
  await besieged.unharmed();
});

test('session: hostile: a session whose window has passed: refused as expired, what it held is free [H21] [S2.12]', async () => {
  using raw = await RawSession.greeted(besieged.url);
  const { identity } = raw;
  await raw.cut();
  await metricIs(besieged.url, 'sessions_detached', (count) => count === 0);
  using late = await RawSession.greeted(besieged.url, identity);
  assert.deepEqual(await late.closed(), { code: 4410, reason: 'expired' });
  await besieged.unharmed();
});

test('session: hostile: commits past what was sent, backwards, for another’s subscription: an error each, no cursor moves [H22] [I5]', async () => {
  await filled('cursors', '0', '1', '2', '3');
  using raw = await RawSession.greeted(besieged.url);
  raw.say({ type: 'subscribe', sub: 7, stream: 'cursors', from: { at: 'start' }, cursor: 'c', credit: 100_000 });
  await raw.next('caughtUp');
  raw.say({ type: 'commit', sub: 7, offset: 3 });
  await raw.next('committed');
  using other = await RawSession.greeted(besieged.url);
  for (const [by, code, offset] of [
    [raw, 'cursorAhead', 5],
    [raw, 'cursorAhead', Number.MAX_SAFE_INTEGER],
    [raw, 'cursorRegressed', 2],
    [raw, 'cursorRegressed', 0],
    [other, 'badRequest', 4],
  ] as const) {
    const errors = by.of('error').length;
    by.say({ type: 'commit', sub: 7, offset });
    assert.equal((await by.next('error', errors + 1)).code, code, `${offset}`);
    assert.equal(await cursorOf('cursors'), 3);
  }
  // Offsets that are none do not reach the cursor.
  for (const offset of [-1, 1.5, 2 ** 53]) {
    using liar = await RawSession.greeted(besieged.url);
    liar.say({ type: 'commit', sub: 7, offset });
    assert.deepEqual(await liar.closed(), { code: 4400, reason: 'badFrame' });
  }
  // Nothing of it ended the subscription.
  raw.say({ type: 'commit', sub: 7, offset: 4 });
  await raw.next('committed', 2);
  assert.equal(await cursorOf('cursors'), 4);
  for (const each of [raw, other]) each[Symbol.dispose]();
  await besieged.unharmed();
});

test('session: hostile: 100,000 subscriptions, one number twice, unknown ones ended: each is answered, few are held, the others go on [H23] [P7]', async () => {
  await filled('once', 'x');
  using raw = await RawSession.greeted(besieged.url);
  const count = 100_000;
  const from = { at: 'start' } as const;
  for (let sub = 0; sub < count; sub += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, index) =>
      said({ type: 'subscribe', sub: sub + index, stream: `none/${sub + index}`, from, credit: 1 }),
    );
    raw.write(Buffer.concat(some));
    // It reads its answers, if late: who does not is closed as a slow reader.
    await raw.until(() => raw.messages.length > sub - 4_000);
    if (sub % 20_000 === 0) await besieged.alive();
  }
  await raw.until(() => raw.messages.length > count);
  const codes = new Map<string, number>();
  for (const { code } of raw.of('error')) codes.set(code, (codes.get(code) ?? 0) + 1);
  assert.equal((codes.get('notFound') ?? 0) + (codes.get('limitReached') ?? 0), count, JSON.stringify([...codes]));
  assert.equal(await besieged.metric('subscriptions'), 1);

  for (const stream of ['once', 'once', 'alive']) raw.say({ type: 'subscribe', sub: 1, stream, from, credit: 1 });
  raw.say({ type: 'subscribe', sub: 2, stream: 'once', from, credit: 1 });
  for (let sub = 2; sub < 1_000; sub++) raw.say({ type: 'unsubscribe', sub });
  await raw.next('subscribed');
  await raw.next('error', count + 3);
  const [...refusals] = raw.of('error').slice(count);
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ['alreadySubscribed', 'alreadySubscribed', 'alreadySubscribed'],
  );
  await raw.until(() => raw.frames.length === 1);
  assert.equal(raw.closing, undefined);
  raw[Symbol.dispose]();
  await besieged.unharmed();
});

test('session: hostile: a reader that stops reading under 16 MB: 1 MiB and a frame are on their way or held for it, then it catches up from disk [H24] [P7]', async () => {
  const producer = await besieged.client.producer('flood', { create: true });
  const flood = async (records: number) => {
    for (let record = 0; record < records; record++) {
      await producer.publish(new Uint8Array(100_000).fill(record));
      if (record % 20 === 0) await besieged.alive();
    }
  };
  using raw = await RawSession.greeted(besieged.url);
  const credit = 8_388_608;
  raw.say({ type: 'subscribe', sub: 1, stream: 'flood', from: { at: 'now' }, credit });
  await raw.next('subscribed');
  const took = () => raw.frames.reduce((sum, { batches }) => sum + batches.length, 0);
  const got = () => raw.frames.reduce((sum, { count }) => sum + count, 0);

  raw.socket.pause();
  const earlier = await besieged.metric('frame_sent_bytes_total');
  await flood(160);
  const sent = (await besieged.metric('frame_sent_bytes_total')) - earlier;
  assert.ok(sent <= 1_048_576, `${sent} bytes were sent to who does not read`);
  assert.equal(await besieged.metric('append_backlog_bytes'), 0);
  raw.socket.resume();
  let granted = 0;
  await raw.until(() => {
    const bytes = took();
    if (bytes > granted) raw.say({ type: 'credit', sub: 1, bytes: bytes - granted });
    granted = Math.max(granted, bytes);
    return got() >= 160;
  });
  let next = 0;
  for (const { base, count } of raw.frames) {
    assert.equal(base, next);
    next += count;
  }
  assert.equal(next, 160);

  // What is deleted now can only come if it was held for this reader.
  raw.socket.pause();
  await flood(80);
  await besieged.client.streams.trim('flood', 240);
  raw.socket.resume();
  const { from, to } = await raw.next('gap');
  assert.equal(to, 240);
  assert.equal(from, got());
  // The bound may be overdrawn by one frame.
  assert.ok((from - 161) * 100_000 <= 1_048_576, `${from - 160} records were held for who does not read`);
  await producer.close();
  raw[Symbol.dispose]();
  await besieged.unharmed();
});
