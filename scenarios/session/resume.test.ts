/** Coming back over real sockets, by hand: what a client must do that has no SDK. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../sdk/started.ts';
import { metricIs } from '../support/metrics.ts';
import { Besieged } from './besieged.ts';
import { published, RawSession } from './raw_session.ts';

test('session: 50 cuts in a row on real sockets, nothing ever said but hello, the server killed in between: one session, resumed each time [F8] [P4] [S2.1]', async () => {
  await using started = await start();
  using first = await RawSession.greeted(started.url);
  const { identity } = first;
  assert.ok(identity);
  await first.cut();
  for (let cut = 1; cut <= 50; cut++) {
    if (cut === 25) {
      await started.kill();
      await started.restart();
    }
    using raw = await RawSession.greeted(started.url, identity);
    const { session, resumed, token } = await raw.next('welcome');
    assert.deepEqual({ session, resumed, token }, { session: identity.session, resumed: true, token: undefined });
    await raw.cut(cut % 2 === 0 ? 'RST' : 'FIN');
  }
});

test('session: a peer that is gone without a word: it locks nobody out, is given up after three heartbeats, and its session is resumed [F13] [S2.14]', async () => {
  await using besieged = await Besieged.open('--heartbeat-ms', '1000');
  const { url } = besieged;
  const produce = { type: 'produce', channel: 1, stream: 's', producer: 'p', create: true } as const;
  using gone = await RawSession.greeted(url);
  gone.say(produce);
  assert.equal((await gone.next('producing')).epoch, 0);
  gone.write(published(1, 'p', 0, 'of the one that is gone'));
  await gone.next('receipt');
  // From here on it says nothing, and would not hear anything: its connection stands all the same.
  gone.socket.pause();

  // The producer's next life does not wait for the end of the one before.
  using next = await RawSession.greeted(url);
  next.say(produce);
  assert.equal((await next.next('producing')).epoch, 1);
  next[Symbol.dispose]();

  await metricIs(url, 'refusals_total{code="timeout"}', (count) => count > 0);
  using back = await RawSession.greeted(url, gone.identity);
  assert.equal((await back.next('welcome')).resumed, true);
  assert.equal(await besieged.metric('sessions_taken_over_total'), 0, 'it was given up before');
  // Nobody has published in epoch 1: the resumed one goes on in its own.
  back.say({ ...produce, epoch: 0 });
  assert.equal((await back.next('producing')).sequence, 1);
  gone.socket.resume();
  assert.deepEqual(await gone.closed(), { code: 4001, reason: 'timeout' });
  back.say({ type: 'bye' });
  await back.closed();
  await besieged.unharmed();
});
