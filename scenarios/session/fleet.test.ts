/** A whole fleet loses its links at one moment: the real SDK and the real server, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadOf } from './spread.ts';
import { VirtualHarbour } from './virtual_harbour.ts';

const fleet = 5_000;
/** The SDK's own. */
const backoffCapMs = 15_000;
const backoffFirstMs = 250;
/** What an attempt takes here: to find that nobody is there, or to be welcomed. */
const attemptMs = 10;

/** A fleet that is in; when it attempts to come back and does is kept. */
async function fleetAtSea() {
  const harbour = new VirtualHarbour(1, { sessionsMax: fleet, mapEntriesMax: 2 * fleet });
  const attemptsMs: number[] = [];
  const returnsMs: number[] = [];
  const sailors = Array.from({ length: fleet }, () =>
    harbour.sail({
      backoff: {},
      onStatus: ({ status, resumed }) => {
        if (status === 'connecting') attemptsMs.push(harbour.virtual.now);
        if (status === 'connected' && resumed === true) returnsMs.push(harbour.virtual.now);
      },
    }),
  );
  await harbour.until(Promise.all(sailors.map(({ connected }) => connected)));
  const networks = sailors.map(({ network }) => network);
  return { harbour, networks, attemptsMs, returnsMs };
}

test(`session: ${fleet} sessions lose their links at one moment, by a cut or the server's death: all are resumed within twice the backoff's cap, the busiest 100 ms at most 3 times the mean [S2.1] [P4] [P7]`, async () => {
  const { harbour, networks, attemptsMs, returnsMs } = await fleetAtSea();
  const { virtual } = harbour;
  for (const { outageMs, dies } of [
    { outageMs: 0, dies: false },
    { outageMs: 2_000, dies: true },
  ]) {
    const what = `${dies ? 'dead' : 'cut'} for ${outageMs} ms`;
    attemptsMs.length = 0;
    returnsMs.length = 0;
    if (dies) harbour.kill();
    for (const network of networks) {
      network.reachable = outageMs === 0;
      network.cut();
    }
    await virtual.advance(outageMs);
    assert.equal(harbour.broker.sessions.attached, 0);
    const sinceMs = virtual.now;
    if (dies) harbour.restart();
    for (const network of networks) network.reachable = true;
    while (harbour.broker.sessions.attached < fleet && virtual.now < sinceMs + 2 * backoffCapMs) {
      await virtual.advance(100);
    }

    assert.equal(returnsMs.length, fleet, what);
    assert.equal(harbour.broker.sessions.size, fleet, what);
    // The mean is over the time in which they come back, not over the time in which they might.
    const returns = spreadOf(returnsMs, sinceMs);
    const attempts = spreadOf(attemptsMs, sinceMs);
    assert.ok(returns.busiest <= 3 * returns.mean, `${what}: ${JSON.stringify(returns)}`);
    assert.ok(attempts.busiest <= 3 * attempts.mean, `${what}: ${JSON.stringify(attempts)}`);
    // Nobody is away for much longer than the server was.
    const lastMs = Math.min(backoffCapMs, outageMs + backoffFirstMs) + attemptMs;
    assert.ok(returns.lastMs <= lastMs, `${what}: ${JSON.stringify(returns)}`);
    // What held for so long counts as well.
    await virtual.advance(1_000);
  }
});
