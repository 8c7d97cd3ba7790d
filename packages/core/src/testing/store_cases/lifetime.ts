import assert from 'node:assert/strict';
import type { Lifetime } from '../../store.ts';
import { batchOf, type StoreTester } from '../store_tester.ts';
import type { StoreCases } from './case.ts';

const minuteMs = 60_000;

/** A stream of one record. */
async function living(tester: StoreTester, lifetime: Lifetime): Promise<string> {
  const stream = await tester.stream({ lifetime });
  await tester.appended(stream, batchOf(['a']));
  return stream;
}

/** Milliseconds of the wall clock, so long from now. */
function inMs(tester: StoreTester, ms: number): number {
  return Number(tester.world.world.clock.wallNs() / 1_000_000n) + ms;
}

/** Uses a stream in some way after most of its TTL, and says whether it lives on beyond it. */
async function livesOn(tester: StoreTester, use: (stream: string) => unknown): Promise<boolean> {
  const stream = await living(tester, { ttlMs: minuteMs });
  await tester.world.advance(minuteMs - 1);
  await use(stream);
  await tester.world.advance(minuteMs - 1);
  return typeof (await tester.store.log.info(stream)) === 'object';
}

export const lifetimeCases: StoreCases = {
  'info tells the lifetime a stream was created with': async (tester) => {
    for (const lifetime of [{}, { ttlMs: minuteMs }, { expiresAtMs: inMs(tester, minuteMs) }]) {
      const stream = await tester.stream({ lifetime });
      assert.deepEqual((await tester.info(stream)).lifetime, lifetime);
    }
  },

  'create refuses a lifetime that is none': async (tester) => {
    const stream = tester.name();
    for (const lifetime of [{ ttlMs: -1 }, { expiresAtMs: NaN }, { ttlMs: 1, expiresAtMs: 1 }]) {
      await assert.rejects(tester.store.log.create(stream, { lifetime }), { code: 'badRequest' });
    }
    assert.equal(await tester.store.log.info(stream), 'notFound');
  },

  'a stream that nobody uses is there until its TTL has passed, and then gone for every verb': async (tester) => {
    const stream = await living(tester, { ttlMs: minuteMs });
    const { log } = tester.store;
    const outcome = await tester.appended(stream, batchOf(['b']));
    assert(outcome.kind === 'appended');
    await tester.world.advance(minuteMs - 1);
    assert.equal((await tester.info(stream)).tail, 2);
    await tester.world.advance(1);
    assert.equal(await log.info(stream), 'gone');
    assert.deepEqual(await log.read(stream, 0, 100), { kind: 'gone' });
    assert.equal(await log.offsetAtTime(stream, 0n), 'gone');
    assert.equal(await log.producer(stream, 'p'), undefined);
    assert.equal(await log.witness(outcome.proof), 'wrongStore');
    await tester.refused('gone', stream, batchOf(['c']));
    await tester.refused('gone', stream, batchOf(['c']), { create: {} });
    assert.equal(await log.close(stream), 'gone');
    assert.equal(await log.trim(stream, 1), 'gone');
    assert.equal(await log.acceptLoss(stream), 'gone');
    assert.equal(await log.delete(stream), 'gone');
    log.touch(stream);
    assert.equal(await log.info(stream), 'gone', 'a touch brings nothing back');
  },

  'a stream whose time has come is gone for good, and the listener is told': async (tester) => {
    const stream = await living(tester, { expiresAtMs: inMs(tester, minuteMs) });
    const { incarnation } = await tester.info(stream);
    await tester.world.advance(minuteMs);
    assert.equal(await tester.store.log.info(stream), 'gone');
    // Changes are made in order: when this one is answered, the deletion was made.
    await tester.store.log.close('nobody');
    assert.deepEqual(
      tester.events.filter((event) => event.kind === 'deleted' && event.stream === stream),
      [{ kind: 'deleted', stream, incarnation }],
    );
    assert.equal(await tester.store.log.info(stream), 'gone');
  },

  'a stream with a TTL of 0, or a time that is past, is created and over': async (tester) => {
    for (const lifetime of [{ ttlMs: 0 }, { expiresAtMs: inMs(tester, 0) }]) {
      const stream = await tester.stream({ lifetime });
      assert.equal(await tester.store.log.info(stream), 'gone');
    }
  },

  'create makes a stream anew as soon as its lifetime is over [P3]': async (tester) => {
    const stream = await living(tester, { ttlMs: minuteMs });
    const { incarnation } = await tester.info(stream);
    await tester.world.advance(minuteMs);
    const outcome = await tester.store.log.create(stream, { contentType: 'text/plain' });
    assert(outcome.kind === 'created');
    assert.notEqual(outcome.info.incarnation, incarnation);
    assert.deepEqual(await tester.texts(stream), []);
    await tester.world.advance(10 * minuteMs);
    assert.equal((await tester.info(stream)).contentType, 'text/plain', 'it has no lifetime any more');
  },

  'a lifetime that a refused or repeated create names changes nothing': async (tester) => {
    const stream = await living(tester, {});
    const outcome = await tester.store.log.create(stream, { lifetime: { ttlMs: 1 } });
    assert.equal(outcome.kind, 'exists');
    await tester.append(stream, batchOf(['b']), { create: { lifetime: { ttlMs: 1 } } });
    await tester.world.advance(minuteMs);
    assert.equal((await tester.info(stream)).tail, 2);
  },

  'an append that creates a stream gives it its lifetime': async (tester) => {
    const stream = tester.name();
    await tester.appended(stream, batchOf(['a']), { create: { lifetime: { ttlMs: minuteMs } } });
    await tester.world.advance(minuteMs - 1);
    assert.deepEqual((await tester.info(stream)).lifetime, { ttlMs: minuteMs });
    await tester.world.advance(1);
    assert.equal(await tester.store.log.info(stream), 'gone');
  },

  'appends, closing and touches begin the TTL anew': async (tester) => {
    const { log } = tester.store;
    const sent = batchOf(['p'], { producer: { id: 'p', epoch: 0, sequence: 0 } });
    assert(await livesOn(tester, (stream) => tester.appended(stream, batchOf(['b']))));
    assert(await livesOn(tester, (stream) => log.close(stream)));
    assert(await livesOn(tester, (stream) => log.touch(stream)));
    assert(await livesOn(tester, (stream) => Promise.all([tester.append(stream, sent), tester.append(stream, sent)])));
  },

  'info, list and reading alone do not begin the TTL anew': async (tester) => {
    const { log } = tester.store;
    assert.equal(await livesOn(tester, (stream) => log.info(stream)), false);
    assert.equal(await livesOn(tester, (stream) => log.list(stream, undefined, 1)), false);
    assert.equal(await livesOn(tester, (stream) => log.read(stream, 0, 100)), false);
    assert.equal(await livesOn(tester, (stream) => log.producer(stream, 'p')), false);
    assert.equal(await livesOn(tester, (stream) => log.offsetAtTime(stream, 0n)), false);
  },

  'nothing puts off an absolute end': async (tester) => {
    const stream = await living(tester, { expiresAtMs: inMs(tester, minuteMs) });
    await tester.world.advance(minuteMs - 1);
    await tester.appended(stream, batchOf(['b']));
    tester.store.log.touch(stream);
    await tester.world.advance(1);
    assert.equal(await tester.store.log.info(stream), 'gone');
  },

  'a deleted stream takes its lifetime with it': async (tester) => {
    const stream = await living(tester, { ttlMs: minuteMs });
    await tester.store.log.delete(stream);
    await tester.store.log.create(stream);
    await tester.world.advance(10 * minuteMs);
    assert.equal((await tester.info(stream)).tail, 0);
  },

  'list leaves out what is over, and still fills its page': async (tester) => {
    const prefix = `${tester.name()}/`;
    for (let index = 0; index < 6; index++) {
      const lifetime = index % 2 === 0 ? { ttlMs: minuteMs } : {};
      await tester.store.log.create(`${prefix}${index}`, { lifetime });
    }
    await tester.world.advance(minuteMs);
    const page = async (after: string | undefined) =>
      (await tester.store.log.list(prefix, after, 2)).map(({ stream }) => stream.slice(prefix.length));
    assert.deepEqual(await page(undefined), ['1', '3']);
    assert.deepEqual(await page(`${prefix}3`), ['5']);
  },

  'streams end each in its own time': async (tester) => {
    const streams = await Promise.all([3, 1, 2].map((minutes) => living(tester, { ttlMs: minutes * minuteMs })));
    const left = async () => {
      const infos = await Promise.all(streams.map((stream) => tester.store.log.info(stream)));
      return infos.map((info) => typeof info === 'object');
    };
    await tester.world.advance(minuteMs);
    assert.deepEqual(await left(), [true, false, true]);
    await tester.world.advance(minuteMs);
    assert.deepEqual(await left(), [true, false, false]);
    await tester.world.advance(minuteMs);
    assert.deepEqual(await left(), [false, false, false]);
  },
};

/** What a close and a new start make of lifetimes. */
export const lifetimeReopenCases: StoreCases = {
  'reopen keeps lifetimes: nothing ends early, and what nobody uses ends some day': async (tester) => {
    const [idle, used, closed] = [
      await living(tester, { ttlMs: minuteMs }),
      await living(tester, { ttlMs: minuteMs }),
      await living(tester, { ttlMs: minuteMs }),
    ];
    await tester.world.advance(minuteMs - 1);
    tester.store.log.touch(used);
    await tester.appended(closed, batchOf([], { close: true }));
    await tester.reopen();
    assert.deepEqual((await tester.info(used)).lifetime, { ttlMs: minuteMs });
    await tester.world.advance(minuteMs - 1);
    assert.equal((await tester.info(used)).tail, 1);
    assert.equal((await tester.info(closed)).closed, true);
    await tester.world.advance(2 * minuteMs);
    for (const stream of [idle, used, closed]) assert.equal(await tester.store.log.info(stream), 'gone');
  },

  'reopen more often than the TTL makes no stream immortal': async (tester) => {
    const stream = await living(tester, { ttlMs: minuteMs });
    let rounds = 0;
    for (; typeof (await tester.store.log.info(stream)) === 'object'; rounds++) {
      assert(rounds < 10, 'the stream lives for ever');
      await tester.world.advance(minuteMs / 3);
      await tester.reopen();
    }
    assert(rounds >= 3, `the stream was gone after ${rounds} thirds of its TTL`);
  },

  'reopen ends what has an absolute end, also when it passed while the store was closed': async (tester) => {
    const stream = await living(tester, { expiresAtMs: inMs(tester, minuteMs) });
    await tester.world.advance(minuteMs - 1);
    await tester.reopen();
    assert.equal((await tester.info(stream)).tail, 1);
    await tester.world.advance(1);
    await tester.reopen();
    assert.equal(await tester.store.log.info(stream), 'gone');
    const anew = await tester.store.log.create(stream);
    assert.equal(anew.kind, 'created');
  },
};
