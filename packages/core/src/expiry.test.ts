import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expiry, type ExpiryOptions } from './expiry.ts';
import type { Lifetime } from './store.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

/** An expiry in virtual time, and what it asked for. */
function start(options: Partial<ExpiryOptions> = {}) {
  const world = new VirtualWorld();
  const expired: string[] = [];
  const stored: number[] = [];
  const expiry = new Expiry({
    world: world.world,
    expire: async (stream, incarnation) => expired.push(`${stream} ${incarnation}`),
    storeUse: async () => stored.push(world.now),
    ...options,
  });
  const add = (stream: string, lifetime: Lifetime, incarnation = 'i') => expiry.add({ stream, incarnation, lifetime });
  return { world, expiry, expired, stored, add };
}

test('Expiry leaves streams alone that it does not know, and sets no timer without any', () => {
  const { world, expiry } = start();
  assert.equal(expiry.isOver('a'), false);
  expiry.touch('a');
  assert.equal(expiry.begin('a'), undefined);
  expiry.forget('a', 'i');
  assert.deepEqual([expiry.size, world.pendingTimers], [0, 0]);
});

test('Expiry ends a stream once its TTL has passed without use, not before', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  await world.advance(999);
  assert.equal(expiry.isOver('a'), false);
  assert.deepEqual(expired, []);
  await world.advance(1);
  assert.deepEqual(expired, ['a i']);
  assert.deepEqual([expiry.size, world.pendingTimers], [0, 0], 'what has ended is forgotten');
});

test('Expiry ends a stream with a TTL of 0 at once', () => {
  const { expiry, add } = start();
  add('a', { ttlMs: 0 });
  assert.equal(expiry.isOver('a'), true);
});

test('Expiry ends a stream as soon as somebody asks, also before its timer', async () => {
  let nowMs = 0;
  const { expiry, expired, add } = start({ nowMs: () => nowMs });
  add('a', { ttlMs: 1_000 });
  nowMs = 1_000;
  assert.equal(expiry.isOver('a'), true);
  assert.deepEqual(expired, ['a i']);
  expiry.touch('a');
  assert.equal(expiry.begin('a'), undefined, 'nothing brings it back');
  nowMs = 0;
  assert.equal(expiry.isOver('a'), true);
});

test('Expiry counts a TTL from the last touch', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  for (let round = 0; round < 5; round++) {
    await world.advance(900);
    expiry.touch('a');
  }
  await world.advance(999);
  assert.deepEqual(expired, []);
  await world.advance(1);
  assert.deepEqual(expired, ['a i']);
});

test('Expiry ends an absolute lifetime by the wall clock, whoever uses the stream', async () => {
  const { world, expiry, expired, add } = start();
  const wallMs = Number(world.world.clock.wallNs() / 1_000_000n);
  add('a', { expiresAtMs: wallMs + 1_000 });
  add('past', { expiresAtMs: wallMs - 1 });
  assert.equal(expiry.isOver('past'), true);
  await world.advance(500);
  expiry.touch('a');
  await world.advance(499);
  assert.equal(expiry.isOver('a'), false);
  await world.advance(1);
  assert.deepEqual(expired, ['past i', 'a i']);
});

test('Expiry follows a wall clock that is set: absolute lifetimes end, sliding ones do not', async () => {
  const virtual = new VirtualWorld();
  const { clock: unset } = virtual.world;
  let setBySeconds = 0n;
  const clock = {
    monotonicMs: () => unset.monotonicMs(),
    wallNs: () => unset.wallNs() + setBySeconds * 1_000_000_000n,
  };
  const expired: string[] = [];
  const expiry = new Expiry({
    world: { ...virtual.world, clock },
    expire: async (stream) => expired.push(stream),
  });
  const inAnHourMs = Number(unset.wallNs() / 1_000_000n) + 3_600_000;
  expiry.add({ stream: 'absolute', incarnation: 'i', lifetime: { expiresAtMs: inAnHourMs } });
  expiry.add({ stream: 'sliding', incarnation: 'i', lifetime: { ttlMs: 3_600_000 } });
  setBySeconds = 86_400n;
  await virtual.advance(60_000);
  assert.deepEqual(expired, ['absolute']);
  setBySeconds = -86_400n;
  await virtual.advance(3_540_000);
  assert.deepEqual(expired, ['absolute', 'sliding']);
});

test('Expiry keeps a stream alive while an append is under way, and counts from its end', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  await world.advance(500);
  const slow = expiry.begin('a');
  const quick = expiry.begin('a');
  assert(slow !== undefined && quick !== undefined);
  expiry.end(quick, true);
  await world.advance(5_000);
  assert.equal(expiry.isOver('a'), false);
  expiry.end(slow, true);
  await world.advance(999);
  assert.deepEqual(expired, []);
  await world.advance(1);
  assert.deepEqual(expired, ['a i']);
});

test('Expiry stores uses at most every tenth of the TTL, and not what appends have stored', async () => {
  const { world, expiry, stored, add } = start();
  add('a', { ttlMs: 1_000 });
  for (let at = 50; at <= 400; at += 50) {
    await world.advance(50);
    expiry.touch('a');
  }
  assert.deepEqual(stored, [100, 200, 300, 400]);
  for (let at = 450; at <= 800; at += 50) {
    await world.advance(50);
    const use = expiry.begin('a');
    assert(use !== undefined);
    expiry.end(use, true);
    expiry.touch('a');
  }
  assert.deepEqual(stored, [100, 200, 300, 400]);
});

test('Expiry stores the use of an append that stored nothing itself', async () => {
  const { world, expiry, stored, add } = start();
  add('a', { ttlMs: 1_000 });
  await world.advance(150);
  const use = expiry.begin('a');
  assert(use !== undefined);
  expiry.end(use, false);
  assert.deepEqual(stored, [150]);
});

test('Expiry tries again at the next use when a use could not be stored', async () => {
  let tries = 0;
  const { world, expiry, add } = start({
    storeUse: async () => {
      tries += 1;
      throw new Error('full');
    },
  });
  add('a', { ttlMs: 1_000 });
  await world.advance(100);
  expiry.touch('a');
  await world.advance(1);
  expiry.touch('a');
  assert.equal(tries, 2);
});

test('Expiry asks again when a deletion failed; the stream stays over', async () => {
  let fails = true;
  let tries = 0;
  const { world, expiry, add } = start({
    expire: async () => {
      tries += 1;
      if (fails) throw new Error('full');
    },
  });
  add('a', { ttlMs: 10 });
  await world.advance(10);
  assert.equal(expiry.isOver('a'), true);
  assert.equal(tries, 2, 'asking tries again');
  await world.advance(5_000);
  assert(tries >= 6);
  fails = false;
  await world.advance(1_000);
  assert.deepEqual([expiry.size, world.pendingTimers], [0, 0]);
});

test('Expiry gives a new incarnation a lifetime of its own', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  await world.advance(600);
  add('a', { ttlMs: 1_000 }, 'j');
  expiry.forget('a', 'i');
  await world.advance(600);
  assert.deepEqual(expired, []);
  await world.advance(400);
  assert.deepEqual(expired, ['a j']);
});

test('Expiry lets an append of an earlier incarnation change nothing', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  const use = expiry.begin('a');
  add('a', { ttlMs: 1_000 }, 'j');
  await world.advance(900);
  assert(use !== undefined);
  expiry.end(use, true);
  await world.advance(100);
  assert.deepEqual(expired, ['a j']);
});

test('Expiry goes on at the next start: nothing ends early, and nothing lives for ever by restarts', async () => {
  // Restarted after every tenth of the TTL, never used again.
  let openMs = 10_000;
  let ended = 0;
  for (let runs = 1; ended === 0; runs++) {
    const { world, expiry, expired } = start({ nowMs: () => openMs + world.now });
    expiry.load([{ stream: 'a', incarnation: 'i', lifetime: { ttlMs: 1_000 }, usedMs: 10_000 }]);
    await world.advance(100);
    expiry.stop();
    openMs += 100;
    if (expired.length > 0) ended = runs;
    assert(runs < 50, 'it ends some day');
  }
  assert.equal(ended, 21, 'the TTL, once more for what was not stored, and the tenth that never is');
});

test('Expiry stops: no timer is left, and nothing ends any more', async () => {
  const { world, expiry, expired, add } = start();
  add('a', { ttlMs: 1_000 });
  expiry.stop();
  await world.advance(2_000);
  assert.deepEqual([expiry.isOver('a'), expired.length, world.pendingTimers], [false, 0, 0]);
});

test('Expiry asks for a bounded number of deletions at a time, and for all in the end [P7]', async () => {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const { world, expiry, add } = start({
    expire: () => {
      asked += 1;
      return new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
  });
  for (let index = 0; index < 1_000; index++) add(`s${index}`, { ttlMs: 10 });
  await world.advance(10_000);
  assert.equal(asked, 256);
  assert.equal(expiry.isOver('s999'), true, 'what still waits for its turn is over nevertheless');
  for (let round = 0; round < 5; round++) {
    for (const finish of waiting.splice(0)) finish();
    await world.advance(0);
  }
  assert.deepEqual([asked, expiry.size, world.pendingTimers], [1_000, 0, 0]);
});

test('Expiry stores a bounded number of uses at a time [P7]', async () => {
  let asked = 0;
  const { world, expiry, expired, add } = start({
    storeUse: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  });
  for (let index = 0; index < 2_000; index++) add(`s${index}`, { ttlMs: 1_000 });
  await world.advance(500);
  for (let index = 0; index < 2_000; index++) expiry.touch(`s${index}`);
  assert.equal(asked, 1_024);
  await world.advance(999);
  assert.deepEqual(expired, [], 'all of them were used');
});

test('Expiry holds many streams, each for its time', async () => {
  const { world, expired, add } = start();
  for (let index = 0; index < 2_000; index++) add(`s${index}`, { ttlMs: ((index * 7_919) % 2_000) + 1 });
  await world.advance(1_000);
  assert.equal(expired.length, 1_000);
  await world.advance(1_000);
  assert.equal(new Set(expired).size, 2_000);
});
