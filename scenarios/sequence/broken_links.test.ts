/** Sequences over real sockets that break at every place: the SDK, the fault proxy, and one server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SequenceOptions } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import { faultTable, parseSchedule, type Proxy, startProxy } from '@packetboat/proxy';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { runSequence } from './run_sequence.ts';

let folder: Awaited<ReturnType<typeof tempFolder>>;
let server: Running & { readonly url: string };

before(async () => {
  folder = await tempFolder();
  server = await serve(folder.path, ['--log-level', 'silent']);
});
after(async () => {
  await server.end();
  await folder[Symbol.asyncDispose]();
});

async function link(seed = 1): Promise<AsyncDisposable & { readonly proxy: Proxy; readonly url: string }> {
  const target = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
  const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld, seed });
  return { proxy, url: `http://127.0.0.1:${proxy.port}`, [Symbol.asyncDispose]: () => proxy.stop() };
}

/** Runs a sequence over a link, and is sure that it came whole; gives how many connections that took. */
async function overLink(options: SequenceOptions, breakIt: (proxy: Proxy) => void): Promise<number> {
  await using broken = await link();
  breakIt(broken.proxy);
  const { equal, indexes } = await runSequence(broken.url, options);
  assert.equal(equal, true);
  assert.deepEqual(indexes, [...indexes.keys()]);
  return broken.proxy.counters.connections;
}

for (const [when, on] of [
  ['before the welcome', 'welcome'],
  ['before it is known to have begun', 'sequenceBegun'],
  ['before the first number', 'number'],
  ['after the last number, before the checksum', 'sum'],
] as const) {
  test(`sequence: cut ${when}: success [A2.4] [C2.6]`, async () => {
    const schedule = parseSchedule(`{"on": "${on}", "fault": "cut", "connections": "this"}`, faultTable);
    const connections = await overLink({ n: 5, tickMs: 10 }, (proxy) => proxy.run(schedule));
    assert.equal(connections, 2);
  });
}

test('sequence: cut in mid-frame at each byte that the server sends: success each time [A2.4]', async () => {
  await using whole = await link();
  await runSequence(whole.url, { n: 2, tickMs: 10 });
  const bytesMax = whole.proxy.counters.passedBytes.down;
  assert.ok(bytesMax > 500);
  const atATime = 40;
  for (let from = 1; from <= bytesMax; from += atATime) {
    const places = Array.from({ length: Math.min(atATime, bytesMax - from + 1) }, (_, at) => from + at);
    await Promise.all(
      places.map((bytes) =>
        overLink({ n: 2, tickMs: 10 }, (proxy) => {
          proxy.add({ fault: 'limit_data', bytes, how: 'reset' }, { direction: 'down', connections: 1 });
        }),
      ),
    );
  }
});

test('sequence: 15 clients of 20 numbers with random cuts: all whole, all different [S2.3] [S2.30] [A2.10]', async () => {
  await using broken = await link(7);
  // A connection lives for up to 400 ms.
  broken.proxy.add({ fault: 'reset_peer', timeoutMs: 200, jitterMs: 200 });
  const clients = Array.from({ length: 15 }, () => runSequence(broken.url, { n: 20, tickMs: 50 }));
  const results = await Promise.all(clients);
  assert.ok(results.every(({ equal }) => equal));
  assert.ok(broken.proxy.counters.ends.cut >= 15, `${broken.proxy.counters.ends.cut} cuts`);
  assert.equal(new Set(results.map(({ local }) => local)).size, 15);
  const seen = new Set(results.flatMap(({ values }) => values));
  assert.ok(seen.size > 290, `${seen.size} of 300 numbers are different`);
});
