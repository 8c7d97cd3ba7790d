import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Sailor, VirtualHarbour } from './virtual_harbour.ts';

const stream = 's';
const decoder = new TextDecoder();

/** What one voyage has published, read and called. */
interface Log {
  readonly sent: string[];
  readonly got: string[];
  readonly calls: Promise<unknown>[];
  readonly publish: (text: string) => void;
}

type Step = (harbour: VirtualHarbour, sailor: Sailor, log: Log) => unknown;

const pauseMs = fc.constantFrom(0, 1, 3, 20, 700, 5_000, 29_000, 31_000, 70_000);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 40 }).map((count): Step => {
      return (_, __, { publish, sent }) => {
        for (let record = 0; record < count; record++) publish(`record ${sent.length}`);
      };
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant<Step>((_, { client }, { calls }) => {
      calls.push(client.call('streams.create', { stream: `made/${calls.length}` }));
    }),
  },
  {
    weight: 4,
    arbitrary: pauseMs.map(
      (ms): Step =>
        (harbour) =>
          harbour.virtual.advance(ms),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Step>((_, { network }) => network.cut()) },
  {
    weight: 2,
    arbitrary: fc.nat({ max: 12 }).map((messages): Step => {
      return (_, { network }) => {
        network.cutAfterMessages = messages;
      };
    }),
  },
  fc.tuple(pauseMs, fc.boolean()).map(([ms, serverSeesIt]): Step => {
    return async (harbour, { network }) => {
      network.silent = true;
      await harbour.virtual.advance(ms);
      // What a link has swallowed does not come later on the same connection.
      if (serverSeesIt) network.silent = false;
      network.cut();
      network.silent = false;
    };
  }),
  pauseMs.map((ms): Step => {
    return async (harbour) => {
      harbour.kill();
      await harbour.virtual.advance(ms);
      harbour.restart();
    };
  }),
);

async function sail(harbour: VirtualHarbour): Promise<{ readonly sailor: Sailor; readonly log: Log }> {
  const sailor = await harbour.sailor();
  const producer = await harbour.until(sailor.client.producer(stream, { create: true }));
  const log: Log = {
    sent: [],
    got: [],
    calls: [],
    publish: (text) => {
      log.sent.push(text);
      producer.publish(text).catch((error: unknown) => assert.fail(error as Error));
    },
  };
  void (async () => {
    for await (const { bytes } of sailor.client.read(stream)) log.got.push(decoder.decode(bytes));
  })().catch(() => undefined);
  return { sailor, log };
}

test('session: cuts, silence and deaths at any moment: publishes, deliveries and calls all come once and in order [P2] [P3] [P4] [S2.1] [A2.4]', async () => {
  const returns = { resumed: 0, anew: 0 };
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 5, maxLength: 30 }), async (seed, steps) => {
      const harbour = new VirtualHarbour(seed, { mapEntriesMax: 2_000, callKeysMax: 1_000 });
      const { sailor, log } = await sail(harbour);
      for (const act of steps) await act(harbour, sailor, log);
      sailor.network.cutAfterMessages = Number.POSITIVE_INFINITY;
      await harbour.virtual.advance(60_000);
      assert.deepEqual(log.got, log.sent);
      const info = await harbour.store.log.info(stream);
      assert.equal(typeof info === 'object' && info.tail, log.sent.length);
      for (const answer of await harbour.until(Promise.all(log.calls))) {
        assert.equal((answer as { kind: string }).kind, 'created');
      }
      const { sessions, connections, counters } = harbour.broker;
      assert.deepEqual([sessions.size, sessions.attached, connections.size], [1, 1, 1]);
      assert.equal(counters.refusals.get('internal'), undefined);
      await harbour.until(sailor.client.close());
      assert.equal(await harbour.entries('session/'), 0);
      const [, ...later] = sailor.events.filter(({ status }) => status === 'connected');
      for (const { resumed } of later) returns[resumed === true ? 'resumed' : 'anew'] += 1;
    }),
    { numRuns: 100, endOnFailure: true },
  );
  assert.ok(returns.resumed > 0 && returns.anew > 0, JSON.stringify(returns));
});
