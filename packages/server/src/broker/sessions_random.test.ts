import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError, type Random, type SessionIdentity } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { FakePeer } from '../testing/fake_peer.ts';
import { sessionBench } from '../testing/session_bench.ts';

const seeds = 150;
const stepsEach = 60;
const times = { windowMs: 5_000, serverLeaseMs: 3_000, heartbeatMs: 1_000_000 };

type Bench = ReturnType<typeof sessionBench>;

/** Makes the store's Map slow, its writes one after the other, as a disk is; and full while `disk.full`. */
function slowed({ store: { map }, virtual }: Bench, random: Random) {
  const disk = { full: false, delayMs: random.fraction() < 0.3 ? 0 : 50 };
  const later = () =>
    new Promise<void>((resolve) => virtual.world.timers.after(disk.delayMs * random.fraction(), resolve));
  let written: Promise<unknown> = Promise.resolve();
  const write = <Outcome>(run: () => Promise<Outcome>): Promise<Outcome> => {
    const outcome = written.then(later).then(() => {
      if (disk.full) throw new PacketboatError('diskFull', 'no room');
      return run();
    });
    written = outcome.catch(() => undefined);
    return outcome;
  };
  const [get, put, remove] = [map.get.bind(map), map.put.bind(map), map.delete.bind(map)];
  map.get = async (...args) => later().then(() => get(...args));
  map.put = (...args) => write(() => put(...args));
  map.delete = (...args) => write(() => remove(...args));
  return disk;
}

/** Peers of one or two servers come, come back anywhere, leave, and are cut off, while the store is slow and at times full. */
async function voyage(seed: number) {
  const { random } = new VirtualWorld(seed).world;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.fraction() * items.length)];
  const shared = random.fraction() < 0.6;
  const bench = sessionBench(times, shared);
  const { virtual, serve } = bench;
  const disk = slowed(bench, random);
  const brokers = shared ? [serve(), serve()] : [serve()];
  const peers: FakePeer[] = [];
  const identities = (): SessionIdentity[] =>
    peers.flatMap((peer) => (peer.of('welcome')[0]?.token === undefined ? [] : [peer.identity]));
  const come = (resume?: SessionIdentity) => {
    const broker = pick(brokers);
    if (broker !== undefined) peers.push(FakePeer.greeting(broker, resume));
  };
  const deeds = [
    () => come(),
    () => come(pick(identities())),
    () => come(pick(identities())),
    () => pick(peers)?.connection.linkClosed(),
    () => pick(peers)?.say({ type: 'bye' }),
    () => pick(peers)?.say({ type: 'sequence', index: 0, n: 3, tickMs: 100 }),
    () => pick(peers)?.say({ type: 'sum' }),
    () => {
      disk.full = random.fraction() < 0.2;
    },
  ];
  for (let step = 0; step < stepsEach; step++) {
    pick(deeds)?.();
    await virtual.advance(random.fraction() < 0.2 ? 6_000 * random.fraction() : 60 * random.fraction());
  }
  disk.full = false;
  return { ...bench, brokers, peers, disk };
}

test(`Sessions: anybody comes, comes back and leaves anywhere, over a slow and at times full store: one connection each, and in the end nothing is left [I7] [I10] [P7] [A2.8]`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { virtual, store, brokers, peers, disk } = await voyage(seed);
    await virtual.advance(2 * times.serverLeaseMs);
    const open = peers.filter(({ connection }) => !connection.closed).flatMap((peer) => peer.of('welcome'));
    const sessions = open.map(({ session }) => session);
    assert.equal(new Set(sessions).size, sessions.length, `seed ${seed}: a session has two connections`);
    const isKnown = (session: string) => brokers.some((broker) => broker.sessions.has(session));
    assert.ok(sessions.every(isKnown), `seed ${seed}: a connection has a session that is not known`);
    for (const { connection } of peers) connection.linkClosed();
    await virtual.advance(10 * times.windowMs);
    disk.delayMs = 0;
    const entries = store.map.list('s', undefined, 100);
    await virtual.advance(0);
    const kept = (await entries).map(({ key }) => key).filter((key) => !key.startsWith('server/'));
    assert.deepEqual(kept, [], `seed ${seed}`);
    for (const broker of brokers) {
      const { sessions: left, sequences, counters } = broker;
      assert.deepEqual([left.size, left.attached, sequences.running], [0, 0, 0], `seed ${seed}`);
      assert.equal(counters.refusals.get('internal'), undefined, `seed ${seed}`);
      left.stop();
    }
  }
});
