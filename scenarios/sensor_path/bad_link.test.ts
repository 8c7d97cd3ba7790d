/** Real commands on both ends of a link that loses, cuts, delays and swallows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits, MemoryStore } from '@packetboat/core';
import { nodeWorld as world } from '@packetboat/core/node';
import { startServer } from '@packetboat/server';
import { seeded } from '../support/seeded.ts';
import { ackOf, Harbour, linesOf, printed } from './harbour.ts';

interface JsonAck {
  readonly timeNs: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

test('sensor path: every answer is lost for a while: requests go on meanwhile, nothing is stored twice, all is acknowledged [A0.3] [S0.18] [S0.26] [P2]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const proxy = await harbour.proxyTo(server.url);
  await harbour.feed('paul', linesOf('paul', 1));
  const shipper = harbour.ship('paul', proxy.url, ['--ack-format', 'json']);
  await printed(shipper, 1);
  const drop = proxy.add({ fault: 'drop' }, { direction: 'down' });
  const client = await harbour.client(server.url);
  // Three lots, the next one only when the server has the one before: three requests without an answer.
  for (let lot = 0; lot < 3; lot++) {
    await harbour.feed('paul', linesOf('paul', 20, 1 + 20 * lot));
    await harbour.until(async () => (await client.streams.info('sensors/paul')).tail === 21 + 20 * lot);
  }
  assert.equal(shipper.stdout.length, 1);
  assert.equal((await harbour.verify('paul', server.url)).spool?.waiting, 60);
  await proxy.remove(drop);
  await printed(shipper, 61);
  const acks = shipper.stdout.map((line) => JSON.parse(line) as JsonAck);
  const lines = linesOf('paul', 61);
  assert.deepEqual(
    acks.map(({ timeNs }) => `ACK ${timeNs}`),
    lines.map(ackOf),
  );
  assert.deepEqual(
    acks.map(({ duplicate }) => duplicate),
    lines.map((_, index) => index > 0),
  );
  assert.ok(new Set(acks.map(({ sequence }) => sequence)).size >= 4);
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});

test('sensor path: 20 cuts at random moments of a drain: stored in the order made, each once, each acknowledged once [S0.17] [S0.25] [P2] [P3] [F11]', async () => {
  await using harbour = await Harbour.open();
  const lines = linesOf('paul', 20_000);
  await harbour.feed('paul', lines);
  const server = await harbour.serve();
  const proxy = await harbour.proxyTo(server.url);
  // The backlog takes longer than all the cuts.
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 60_000, bufferBytes: 4_096 }, { direction: 'up' });
  const shipper = harbour.ship('paul', proxy.url, ['--until-empty']);
  const random = seeded(20);
  for (let cut = 1; cut <= 20; cut++) {
    const until = proxy.counters.passedBytes.up + 18_000 + Math.trunc(random() * 8_000);
    await harbour.until(() => proxy.counters.passedBytes.up > until);
    proxy.cut(random() < 0.5 ? 'reset' : 'fin');
  }
  await proxy.clear();
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.ok(proxy.counters.connections > 20);
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});

test('sensor path: answers 200 ms away: a backlog of 10,000 drains in a few round trips, not one by one [S0.26]', async () => {
  await using harbour = await Harbour.open();
  const lines = linesOf('paul', 10_000);
  await harbour.feed('paul', lines);
  const server = await harbour.serve();
  const proxy = await harbour.proxyTo(server.url);
  proxy.add({ fault: 'delay', latencyMs: 100 });
  // One by one it would take over half an hour, and the harbour closes after a minute.
  const shipper = harbour.ship('paul', proxy.url, ['--until-empty']);
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});

test('sensor path: the link swallows everything without a word: heartbeats find out, and what was on its way arrives once [S0.17] [C0.2] [P2] [P4]', async () => {
  await using harbour = await Harbour.open();
  // A server of this process, for the command has no setting for heartbeats; the shipper is told them by the server.
  const store = new MemoryStore({ world });
  const server = await startServer({ store, world, port: 0, limits: { ...defaultLimits, heartbeatMs: 200 } });
  harbour.defer(() => server.stop());
  const proxy = await harbour.proxyTo(server.url);
  const lines = linesOf('paul', 100);
  await harbour.feed('paul', lines.slice(0, 50));
  const shipper = harbour.ship('paul', proxy.url);
  await printed(shipper, 50);
  const hole = proxy.add({ fault: 'blackhole' });
  await harbour.feed('paul', lines.slice(50));
  await shipper.line(/silent for too long; waiting: 50 records/);
  assert.equal(shipper.stdout.length, 50);
  await proxy.remove(hole);
  await printed(shipper, 100);
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});
