/** Sessions end to end: the real SDK and the real server, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reader } from '@packetboat/client';
import { memoryKeeper, type Sailor, VirtualHarbour } from './virtual_harbour.ts';

const hourMs = 3_600_000;
const decoder = new TextDecoder();

/** How each connection began, after the first: `resumed` or `new`. */
function returns({ events }: Pick<Sailor, 'events'>): string[] {
  return events
    .filter(({ status }) => status === 'connected')
    .slice(1)
    .map(({ resumed }) => (resumed === true ? 'resumed' : 'new'));
}

/** What a keeper without room does. */
async function full(): Promise<never> {
  throw new Error('no room');
}

/** Reads in the background. */
function reading(reader: Reader): string[] {
  const got: string[] = [];
  void (async () => {
    for await (const { bytes } of reader) got.push(decoder.decode(bytes));
  })().catch((error: unknown) => got.push(String(error)));
  return got;
}

test('session: 50 cuts in a row, with no message ever sent: one session, resumed each time [F8] [P4] [S2.1]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  for (let cut = 0; cut < 50; cut++) {
    sailor.network.cut();
    await harbour.virtual.advance(2_000);
  }
  assert.deepEqual(returns(sailor), Array(50).fill('resumed'));
  assert.equal(new Set(sailor.events.flatMap(({ session }) => session ?? [])).size, 1);
  assert.equal(harbour.broker.sessions.size, 1);
});

test('session: 24 idle hours, then a cut: resumed [F8] [P4]', async () => {
  const harbour = new VirtualHarbour(1, { heartbeatMs: 60_000 });
  const sailor = await harbour.sailor();
  await harbour.virtual.advance(24 * hourMs);
  assert.equal(sailor.client.status, 'connected');
  sailor.network.cut();
  await harbour.virtual.advance(2_000);
  assert.deepEqual(returns(sailor), ['resumed']);
});

test('session: 20 cuts under work: the same as without any, in both directions [S2.1] [P2] [P3] [P4]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  const producer = await harbour.until(sailor.client.producer('s', { create: true }));
  const got = reading(sailor.client.read('s'));
  const sent: string[] = [];
  for (let cut = 0; cut < 20; cut++) {
    for (let record = 0; record < 10; record++) {
      sent.push(`${cut} ${record}`);
      void producer.publish(`${cut} ${record}`);
    }
    // The link breaks while they are on their way, at another step each time.
    sailor.network.cutAfterMessages = cut % 7;
    await harbour.virtual.advance(3_000);
  }
  await harbour.until(producer.flush());
  await harbour.virtual.advance(5_000);
  assert.deepEqual(got, sent);
});

test('session: a black hole of 40 s in a window of 30 s: both sides notice in three intervals, then it is resumed [F13] [S2.14] [A2.5]', async () => {
  const harbour = new VirtualHarbour();
  const { heartbeatMs } = harbour.limits;
  const sailor = await harbour.sailor();
  const producer = await harbour.until(sailor.client.producer('s', { create: true }));
  const got = reading(sailor.client.read('s'));
  await harbour.until(producer.publish('before'));
  sailor.network.silent = true;
  const receipt = producer.publish('during');
  await harbour.virtual.advance(2 * heartbeatMs);
  assert.equal(harbour.broker.sessions.attached, 1);
  await harbour.virtual.advance(heartbeatMs + 1_000);
  assert.equal(harbour.broker.sessions.attached, 0);
  assert.equal(sailor.events.find(({ status }) => status === 'waiting')?.reason?.code, 'timeout');
  await harbour.virtual.advance(9_000);
  sailor.network.silent = false;
  await harbour.until(receipt);
  await harbour.virtual.advance(1_000);
  assert.deepEqual(returns(sailor), ['resumed']);
  assert.deepEqual(got, ['before', 'during']);
});

test('session: the server still holds a half-open connection: the client takes over from it at once [F13]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  sailor.network.silent = true;
  // Only the client sees the end.
  sailor.network.cut();
  sailor.network.silent = false;
  assert.equal(harbour.broker.sessions.attached, 1);
  await harbour.virtual.advance(2_000);
  assert.deepEqual(returns(sailor), ['resumed']);
  assert.equal(harbour.broker.counters.sessionsTakenOver, 1);
  assert.equal(harbour.broker.connections.size, 1);
});

test('session: the server dies and comes back, its absence however long: resumed [P4] [A2.8]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  const producer = await harbour.until(sailor.client.producer('s', { create: true }));
  for (const awayMs of [1_000, 29_000, 10 * 60_000]) {
    harbour.kill();
    const receipt = producer.publish(`away for ${awayMs}`);
    await harbour.virtual.advance(awayMs);
    harbour.restart();
    await harbour.until(receipt);
  }
  assert.deepEqual(returns(sailor), ['resumed', 'resumed', 'resumed']);
});

test('session: away for longer than the window: goes on under a new session, nothing is lost or repeated [S2.9] [S2.12]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  const producer = await harbour.until(sailor.client.producer('s', { create: true }));
  const got = reading(sailor.client.read('s'));
  await harbour.until(producer.publish('1'));
  sailor.network.reachable = false;
  sailor.network.cut();
  const receipt = producer.publish('2');
  await harbour.virtual.advance(10 * 60_000);
  assert.equal(harbour.broker.sessions.size, 0);
  const attempts = sailor.network.attempts;
  assert.ok(attempts < 2_000, `${attempts} attempts in ten minutes`);
  sailor.network.reachable = true;
  await harbour.until(receipt);
  await harbour.virtual.advance(1_000);
  assert.deepEqual(returns(sailor), ['new']);
  assert.deepEqual(got, ['1', '2']);
  const expired = sailor.events.find(({ reason }) => reason?.code === 'expired');
  assert.match(expired?.text ?? '', /^the session has expired, a new one is begun .* in \d\.\d s$/);
});

test('session: away for longer than the window, when that is to be an end: told by name, and no attempt more [S2.9] [S2.12] [S2.27]', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const sailor = await harbour.sailor({ whenExpired: 'fail', session: keeper });
  const producer = await harbour.until(sailor.client.producer('s', { create: true }));
  sailor.network.reachable = false;
  sailor.network.cut();
  await harbour.virtual.advance(32_000);
  const receipt = assert.rejects(producer.publish('x'), { code: 'expired' });
  sailor.network.reachable = true;
  await harbour.virtual.advance(2_000);
  await receipt;
  assert.equal(sailor.client.status, 'closed');
  assert.match(sailor.events.at(-1)?.text ?? '', /^closed: The session is not known any more/);
  // A clean start is possible: nothing leads back to the session that is gone.
  assert.equal(keeper.kept, undefined);
  const { attempts } = sailor.network;
  await harbour.virtual.advance(hourMs);
  assert.equal(sailor.network.attempts, attempts);
  assert.equal(harbour.virtual.pendingTimers, 0);
});

test('session: the client is killed and starts again inside the window: the same session goes on [A2.7] [C2.9]', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const first = await harbour.sailor({ session: keeper, whenExpired: 'fail' });
  const identity = keeper.kept;
  assert.ok(identity);
  // A killed process says nothing, and what it still would do does not matter.
  first.network.reachable = false;
  first.network.cut();
  await harbour.virtual.advance(28_000);
  const second = await harbour.sailor({ session: keeper, whenExpired: 'fail' });
  assert.equal(second.events.at(-1)?.resumed, true);
  assert.equal(second.events.at(-1)?.session, identity.session);
  assert.deepEqual(keeper.kept, identity);

  second.network.reachable = false;
  second.network.cut();
  await harbour.virtual.advance(32_000);
  const { connected } = harbour.sail({ session: keeper, whenExpired: 'fail' });
  await assert.rejects(harbour.until(connected), { code: 'expired' });
  const third = await harbour.sailor({ session: keeper, whenExpired: 'fail' });
  assert.notEqual(third.events.at(-1)?.session, identity.session);
});

test('session: two clients with one session: the one that came last has it, the other ends, and nobody spins [A2.7] [F13]', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const first = await harbour.sailor({ session: keeper });
  const second = await harbour.sailor({ session: keeper });
  await harbour.virtual.advance(hourMs);
  assert.equal(first.client.status, 'closed');
  assert.equal(first.events.at(-1)?.text, 'closed: Another connection has taken over this session');
  assert.equal(second.client.status, 'connected');
  assert.equal(first.network.attempts + second.network.attempts, 2);
  assert.equal(harbour.broker.sessions.size, 1);
  // What the loser saves must not take the session from the winner.
  assert.equal(keeper.kept?.session, second.events.at(-1)?.session);
});

test('session: two clients with one session, the loser’s notice lost on the way: one of them ends all the same', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const first = await harbour.sailor({ session: keeper });
  const second = await harbour.sailor({ session: keeper });
  first.network.cut();
  await harbour.virtual.advance(hourMs);
  assert.deepEqual([first, second].map(({ client }) => client.status).toSorted(), ['closed', 'connected']);
  assert.ok(first.network.attempts + second.network.attempts <= 4);
});

test('session: close says farewell: the server forgets at once, the keeper too [S2.13] [I10]', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const { client } = await harbour.sailor({ session: keeper });
  assert.equal(await harbour.entries('session/'), 1);
  await harbour.until(client.close());
  assert.equal(keeper.kept, undefined);
  assert.equal(await harbour.entries('session/'), 0);
  assert.equal(harbour.broker.sessions.size, 0);
  assert.equal(harbour.virtual.pendingTimers, 0);
});

test('session: a client that is aborted: its session goes on in the next life, at any moment; one that nobody keeps ends [C2.9]', async () => {
  const harbour = new VirtualHarbour();
  const keeper = memoryKeeper();
  const first = new AbortController();
  await harbour.sailor({ session: keeper, signal: first.signal });
  const identity = keeper.kept;
  assert.ok(identity);
  first.abort();
  await harbour.virtual.advance(10_000);
  const second = new AbortController();
  const { connected, network } = harbour.sail({ session: keeper, signal: second.signal });
  network.reachable = false;
  await harbour.virtual.advance(10_000);
  second.abort();
  await assert.rejects(harbour.until(connected), { code: 'aborted' });
  const third = await harbour.sailor({ session: keeper });
  assert.equal(third.events.at(-1)?.session, identity.session);
  assert.equal(third.events.at(-1)?.resumed, true);
  await harbour.until(third.client.close());

  const stop = new AbortController();
  await harbour.sailor({ signal: stop.signal });
  assert.equal(harbour.broker.sessions.size, 1);
  stop.abort();
  await harbour.virtual.advance(1_000);
  assert.equal(harbour.broker.sessions.size, 0);
  assert.equal(harbour.virtual.pendingTimers, 0);
});

test('session: a keeper that fails: the client ends by name, for its session could not be found again', async () => {
  const harbour = new VirtualHarbour();
  const saving = harbour.sail({ session: { load: async () => undefined, save: full } });
  await assert.rejects(harbour.until(saving.connected), { code: 'storeFailed', message: /no room/ });
  const loading = harbour.sail({ session: { load: full, save: full } });
  await assert.rejects(harbour.until(loading.connected), { code: 'storeFailed', message: /no room/ });
  await harbour.virtual.advance(60_000);
  assert.equal(harbour.virtual.pendingTimers, 0);
});

test('session: a call on its way when the link or the server goes: it takes effect once, and its first answer comes [P2]', async () => {
  const harbour = new VirtualHarbour(1, { callKeysMax: 1_000 });
  const sailor = await harbour.sailor();
  for (let round = 0; round < 24; round++) {
    const stream = `s${round}`;
    const created = sailor.client.call('streams.create', { stream });
    const kill = round % 6 === 5;
    if (kill) {
      await harbour.virtual.advance(round % 4);
      harbour.kill();
      await harbour.virtual.advance(5_000);
      harbour.restart();
    } else sailor.network.cutAfterMessages = round % 3;
    const answer = (await harbour.until(created)) as { readonly kind: string };
    assert.equal(answer.kind, 'created', `round ${round}`);
    await harbour.virtual.advance(2_000);
  }
  const listed = (await harbour.until(sailor.client.call('streams.list', {}))) as { readonly streams: unknown[] };
  assert.equal(listed.streams.length, 24);
});

test('session: a second deletion would find nothing: cut and made again, the call is still answered as done [P2]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  for (let messages = 0; messages < 4; messages++) {
    await harbour.until(sailor.client.streams.create('s'));
    const deleted = sailor.client.streams.delete('s');
    sailor.network.cutAfterMessages = messages;
    await harbour.until(deleted);
    await harbour.virtual.advance(2_000);
  }
});
