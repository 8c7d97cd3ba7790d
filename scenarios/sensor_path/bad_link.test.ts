/** Real commands on both ends of a link that loses, cuts, delays and swallows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('sensor path: a slow link that never holds as long as a large batch takes: progress all the same, in the order made, each once [S0.17] [S0.25] [P2] [P3] [F11]', async () => {
  await using harbour = await Harbour.open();
  const lines = linesOf('paul', 8_000);
  await harbour.feed('paul', lines);
  // The link takes 20 kB in half a heartbeat, and lives for half a second. A batch has 256 KiB, unless it is made smaller.
  const server = await harbour.serveHere({ heartbeatMs: 200, windowBytesMax: 65_536 });
  const proxy = await harbour.proxyTo(server.url);
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 200_000, bufferBytes: 4_096 }, { direction: 'up' });
  const shipper = harbour.ship('paul', proxy.url, ['--until-empty']);
  const random = seeded(20);
  let cuts = 0;
  const isOver = () => shipper.process.exitCode !== null;
  while (!isOver()) {
    const cutAt = proxy.counters.passedBytes.up + 110_000 + random() * 20_000;
    await harbour.until(() => proxy.counters.passedBytes.up > cutAt || isOver());
    proxy.cut(random() < 0.5 ? 'reset' : 'fin');
    cuts += 1;
  }
  assert.equal((await shipper.exited).code, 0, shipper.stderr.join('\n'));
  assert.ok(cuts >= 4, `${cuts} cuts`);
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
  const server = await harbour.serveHere({ heartbeatMs: 200 });
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
