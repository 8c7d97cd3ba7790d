/** Real commands on both ends of a link that loses, cuts, delays and swallows. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { seeded } from '../support/seeded.ts';
import { ackOf, Harbour, linesOf, printed } from './harbour.ts';

interface JsonAck {
  readonly timeNs: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

test('sensor path: every answer is lost for a while: requests go on, nothing is removed, nothing is stored twice, all is acknowledged in the end, also by another life of the shipper [A0.3] [A0.8] [S0.18] [S0.26] [P2] [F9] [I12]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const proxy = await harbour.proxyTo(server.url);
  const lines = linesOf('paul', 41);
  const file = harbour.path('paul.log');
  writeFileSync(file, lines[0] ?? '');
  harbour.sensor('paul', ['--source', `file:${file}`, '--format', 'records']);
  const first = harbour.ship('paul', proxy.url, ['--ack-format', 'json']);
  await printed(first, 1);
  const client = await harbour.client(server.url);
  const append = async (from: number, to: number): Promise<void> => {
    appendFileSync(file, lines.slice(from, to).join(''));
    await harbour.until(async () => (await client.streams.info('sensors/paul')).tail === to);
  };

  const drop = proxy.add({ fault: 'drop' }, { direction: 'down' });
  // The next lot comes only when the server has the one before: three requests without an answer.
  await append(1, 11);
  await append(11, 21);
  await append(21, 31);
  assert.deepEqual([first.stdout.length, harbour.waiting('paul')], [1, 30]);
  await proxy.remove(drop);
  await printed(first, 31);

  proxy.add({ fault: 'drop' }, { direction: 'down' });
  await append(31, 41);
  await first.end('SIGKILL');
  assert.deepEqual([first.stdout.length, harbour.waiting('paul')], [31, 10]);
  const second = harbour.ship('paul', server.url, ['--ack-format', 'json', '--until-empty']);
  assert.equal((await second.exited).code, 0);

  const acks = [...first.stdout, ...second.stdout].map((line) => JSON.parse(line) as JsonAck);
  assert.deepEqual(
    acks.map(({ timeNs, duplicate }) => [`ACK ${timeNs}`, duplicate]),
    lines.map((line, index) => [ackOf(line), index > 0]),
  );
  assert.ok(new Set(acks.map(({ sequence }) => sequence)).size >= 5, 'each lot was a request of its own');
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
  proxy.add({ fault: 'latency', latencyMs: 100 });
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
  const hole = proxy.add({ fault: 'timeout' });
  await harbour.feed('paul', lines.slice(50));
  await shipper.line(/silent for too long; waiting: 50 records/);
  assert.equal(shipper.stdout.length, 50);
  await proxy.remove(hole);
  await printed(shipper, 100);
  assert.deepEqual(shipper.stdout, lines.map(ackOf));
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), lines);
});
