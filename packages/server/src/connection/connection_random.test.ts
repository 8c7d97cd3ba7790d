import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePart, encodePublish } from '@packetboat/core';
import fc from 'fast-check';
import { FakePeer } from '../testing/fake_peer.ts';
import { testBroker } from '../testing/test_broker.ts';

type Bench = ReturnType<typeof testBroker>;
type Step = (bench: Bench, peer: FakePeer) => void;

const small = fc.nat({ max: 3 });
const stream = fc.constantFrom('s', 't', '', 'a/../b', '__proto__');
const text =
  (message: object): Step =>
  (_, peer) =>
    peer.connection.receiveText(JSON.stringify(message));

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ channel: small, stream, producer: fc.constantFrom('p', 'q') })
    .map((wish) => text({ type: 'produce', create: true, ...wish })),
  fc
    .record({ channel: small, epoch: small, stream })
    .map((wish) => text({ type: 'produce', producer: 'p', create: true, ...wish })),
  fc.tuple(small, small, small).map(
    ([channel, sequence, epoch]): Step =>
      (bench, peer) => {
        peer.connection.receiveBinary(encodePublish(channel, [bench.sealed(sequence, 'x', epoch)]));
      },
  ),
  fc
    .record({
      sub: small,
      stream,
      credit: small,
      at: fc.constantFrom('start', 'now', 'cursor', 'offset', 'never'),
      offset: small,
    })
    .map(({ at, offset, ...wish }) => text({ type: 'subscribe', cursor: 'c', from: { at, offset }, ...wish })),
  fc.record({ sub: small, bytes: fc.nat() }).map((wish) => text({ type: 'credit', ...wish })),
  fc.record({ sub: small, offset: small }).map((wish) => text({ type: 'commit', ...wish })),
  small.map((sub) => text({ type: 'unsubscribe', sub })),
  small.map((channel) => text({ type: 'finish', channel })),
  fc.nat().map((bytes) => text({ type: 'received', bytes })),
  fc
    .record({
      method: fc.constantFrom('streams.trim', 'streams.delete', 'streams.close', 'streams.create', 'x'),
      stream,
    })
    .map(({ method, stream: name }) => text({ type: 'call', id: 1, method, params: { stream: name, before: 1 } })),
  fc.uint8Array({ maxLength: 40 }).map(
    (bytes): Step =>
      (_, peer) =>
        peer.connection.receiveBinary(bytes),
  ),
  fc.tuple(small, fc.boolean()).map(
    ([index, last]): Step =>
      (_, peer) => {
        peer.connection.receiveBinary(encodePart(index, last, new Uint8Array(9)));
      },
  ),
  fc.json().map(
    (json): Step =>
      (_, peer) =>
        peer.connection.receiveText(json),
  ),
);

test('connection: anything a peer may say, in any order: it never throws, has no defect, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 }), async (steps) => {
      const bench = testBroker();
      const { broker, virtual, settle, limits } = bench;
      let peer = FakePeer.greeting(broker);
      for (const [act, wait] of steps) {
        if (peer.closed !== undefined) peer = FakePeer.greeting(broker);
        act(bench, peer);
        if (wait) await settle();
      }
      await settle();
      assert.equal(broker.counters.refusals.get('internal'), undefined);
      peer.connection.linkClosed();
      await settle();
      assert.equal(broker.connections.size, 0);
      assert.equal(broker.feeds.subscriptionCount, 0);
      assert.equal(broker.claims.size, 0);
      assert.equal(broker.reads.length, 0);
      await virtual.advance(limits.windowMs);
      assert.equal(virtual.pendingTimers, 0);
      assert.equal(broker.sessions.size, 0);
    }),
    { numRuns: 300 },
  );
});
