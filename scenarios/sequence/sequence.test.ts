/** Sequences end to end: the real SDK and the real server, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence, SequenceNumber } from '@packetboat/client';
import { VirtualHarbour } from '../session/virtual_harbour.ts';
import { seeded } from '../support/seeded.ts';

/** A sequence that is read in the background. */
function receiving(harbour: VirtualHarbour, sequence: Sequence) {
  const got: (SequenceNumber & { readonly atMs: number })[] = [];
  const done = (async () => {
    for await (const number of sequence) got.push({ ...number, atMs: harbour.virtual.now });
    return sequence.result;
  })();
  done.catch(() => undefined);
  return { got, done };
}

const indexesOf = (got: readonly SequenceNumber[]) => got.map(({ index }) => index);
const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
const hourMs = 3_600_000;

test('sequence: 60 numbers, one a second without drift, the first a second after the beginning [S2.2] [S2.6] [A2.1]', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor();
  const beganMs = harbour.virtual.now;
  const { got, done } = receiving(harbour, client.sequence({ n: 60 }));
  const result = await harbour.until(done);
  assert.deepEqual(indexesOf(got), indexes(60));
  for (const [at, { atMs }] of got.entries()) {
    const lateMs = atMs - beganMs - (at + 1) * 1_000;
    assert.ok(Math.abs(lateMs) <= 50, `number ${at} came ${lateMs} ms late`);
  }
  assert.deepEqual([result.count, result.equal, result.local], [60, true, result.server]);
});

test('sequence: 65,535 numbers, 18 hours with a cut in each [S2.4] [S2.5]', async () => {
  const harbour = new VirtualHarbour(1, { heartbeatMs: 60_000, windowMs: 600_000 });
  const sailor = await harbour.sailor();
  const sequence = sailor.client.sequence({ n: 65_535, tickMs: 1_000, algorithm: 'sha-256' });
  let count = 0;
  const done = (async () => {
    for await (const { index } of sequence) {
      assert.equal(index, count++);
      if (count % 3_600 === 0) sailor.network.cut();
    }
    return sequence.result;
  })();
  const result = await Promise.race([done, harbour.virtual.advance(20 * hourMs)]);
  assert.ok(result !== undefined && result.equal);
  assert.equal(count, 65_535);
});

test('sequence: 20 cuts: what a run without cuts gives, no gap and no repeat [S2.1] [S2.8] [C2.1]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  const random = seeded(4);
  const { got, done } = receiving(harbour, sailor.client.sequence({ n: 100, tickMs: 100 }));
  for (let cut = 0; cut < 20; cut++) {
    await harbour.virtual.advance(random() * 700);
    sailor.network.cut();
  }
  const { equal, count } = await harbour.until(done);
  assert.deepEqual([equal, count], [true, 100]);
  assert.deepEqual(indexesOf(got), indexes(100));
});

for (let heard = 0; heard < 8; heard++) {
  test(`sequence: the link breaks at its message ${heard}: success [A2.4]`, async () => {
    const harbour = new VirtualHarbour();
    const sailor = await harbour.sailor();
    sailor.network.cutAfterMessages = heard;
    const { got, done } = receiving(harbour, sailor.client.sequence({ n: 3, tickMs: 50 }));
    assert.equal((await harbour.until(done)).equal, true);
    assert.deepEqual(indexesOf(got), indexes(3));
  });
}

test('sequence: a black hole: both sides notice by heartbeats, and it goes on [S2.14] [A2.5]', async () => {
  const harbour = new VirtualHarbour(1, { heartbeatMs: 1_000 });
  const sailor = await harbour.sailor();
  const { got, done } = receiving(harbour, sailor.client.sequence({ n: 20, tickMs: 500 }));
  await harbour.virtual.advance(2_100);
  sailor.network.silent = true;
  await harbour.virtual.advance(3_200);
  assert.equal(harbour.broker.sessions.attached, 0);
  assert.equal(harbour.broker.sequences.running, 0);
  assert.notEqual(sailor.client.status, 'connected');
  await harbour.virtual.advance(8_800);
  sailor.network.silent = false;
  assert.equal((await harbour.until(done)).equal, true);
  assert.deepEqual(indexesOf(got), indexes(20));
});

for (const [awayMs, outcome] of [
  [28_000, 'goes on'],
  [32_000, 'expired'],
] as const) {
  test(`sequence: away for ${awayMs} ms of a window of 30 s: ${outcome} [S2.11] [S2.12] [S2.25] [A2.3]`, async () => {
    const harbour = new VirtualHarbour();
    const sailor = await harbour.sailor({ whenExpired: 'fail' });
    const { done } = receiving(harbour, sailor.client.sequence({ n: 10, tickMs: 1_000 }));
    await harbour.virtual.advance(3_500);
    sailor.network.reachable = false;
    sailor.network.cut();
    await harbour.virtual.advance(awayMs);
    sailor.network.reachable = true;
    if (outcome === 'goes on') {
      assert.equal((await harbour.until(done)).equal, true);
    } else {
      await assert.rejects(harbour.until(done), { code: 'expired' });
      assert.equal(sailor.client.status, 'closed');
      assert.equal(harbour.broker.sessions.size, 0);
      assert.equal(await harbour.entries('sequence/'), 0);
    }
  });
}

test('sequence: a client that goes on under a new session: its sequence is not continued by another one [S2.12]', async () => {
  const harbour = new VirtualHarbour();
  const sailor = await harbour.sailor();
  const { done } = receiving(harbour, sailor.client.sequence({ n: 10, tickMs: 1_000 }));
  await harbour.virtual.advance(3_500);
  sailor.network.reachable = false;
  sailor.network.cut();
  await harbour.virtual.advance(40_000);
  sailor.network.reachable = true;
  await assert.rejects(harbour.until(done), { code: 'expired' });
  const next = receiving(harbour, sailor.client.sequence({ n: 5, tickMs: 100 }));
  assert.equal((await harbour.until(next.done)).equal, true);
});

test('sequence: the server dies and comes back, three times: goes on [A2.8]', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor({ whenExpired: 'fail' });
  const { got, done } = receiving(harbour, client.sequence({ n: 20, tickMs: 500, algorithm: 'sha-256' }));
  for (const awayMs of [100, 10_000, 300_000]) {
    await harbour.virtual.advance(2_000);
    harbour.kill();
    await harbour.virtual.advance(awayMs);
    harbour.restart();
  }
  assert.equal((await harbour.until(done)).equal, true);
  assert.deepEqual(indexesOf(got), indexes(20));
});

test('sequence: after its end nothing is left, and the session may have another, a different one [S2.3] [S2.13]', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor();
  const seen = new Set<number>();
  for (let round = 0; round < 2; round++) {
    const sequence = client.sequence({ n: 10, tickMs: 50 });
    const { got, done } = receiving(harbour, sequence);
    await harbour.until(done);
    await harbour.until(sequence.ended);
    assert.equal(await harbour.entries('sequence/'), 0);
    for (const { value } of got) seen.add(value);
  }
  assert.equal(seen.size, 20);
});

test('sequence: the loop is left, or its signal aborts: the server forgets it', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor();
  const left = client.sequence({ n: 100, tickMs: 50 });
  assert.throws(() => client.sequence(), { code: 'limitReached' });
  await harbour.until(
    (async () => {
      for await (const { index } of left) if (index === 2) break;
    })(),
  );
  await assert.rejects(left.result, { code: 'aborted' });
  await harbour.until(left.ended);
  const stop = new AbortController();
  const aborted = client.sequence({ n: 100, tickMs: 50, signal: stop.signal });
  const { done } = receiving(harbour, aborted);
  await harbour.virtual.advance(200);
  stop.abort();
  await assert.rejects(harbour.until(done), { code: 'aborted' });
  await harbour.until(aborted.ended);
  assert.equal(await harbour.entries('sequence/'), 0);
  assert.equal(harbour.broker.sequences.running, 0);
});

test('sequence: a loop that is slower than the numbers: what it cannot hold is asked for again [P7]', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor();
  const sequence = client.sequence({ n: 3_000, tickMs: 10 });
  await harbour.virtual.advance(40_000);
  const { got, done } = receiving(harbour, sequence);
  assert.equal((await harbour.until(done)).equal, true);
  assert.deepEqual(indexesOf(got), indexes(3_000));
  assert.ok(harbour.broker.counters.sequenceNumbersSent > 3_000);
});

test('sequence: options that no server takes: the loop throws, the client goes on', async () => {
  const harbour = new VirtualHarbour();
  const { client } = await harbour.sailor();
  assert.throws(() => client.sequence({ n: -1 }), { code: 'badRequest' });
  assert.throws(() => client.sequence({ tickMs: 0.5 }), { code: 'badRequest' });
  const refused = receiving(harbour, client.sequence({ n: 4e9 }));
  await assert.rejects(harbour.until(refused.done), { code: 'badRequest' });
  const { done } = receiving(harbour, client.sequence({ n: 2, tickMs: 50 }));
  assert.equal((await harbour.until(done)).equal, true);
});

test('sequence: a server that is too busy for it: it waits and gets its turn', async () => {
  const harbour = new VirtualHarbour(1, { sequencesMax: 1 });
  const sailors = [await harbour.sailor(), await harbour.sailor()];
  const both = sailors.map(({ client }) => receiving(harbour, client.sequence({ n: 5, tickMs: 100 })));
  const results = await harbour.until(Promise.all(both.map(({ done }) => done)));
  assert.deepEqual(
    results.map(({ equal }) => equal),
    [true, true],
  );
});
