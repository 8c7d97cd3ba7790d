import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultTable } from './fault_table.ts';
import { parseSchedule } from './parse_schedule.ts';
import { binaryFrame, textFrame, upgraded } from './testing/session_bytes.ts';
import { eventually, Proxied, settle } from './testing/proxied.ts';

const receipts = [1, 2, 3, 4].map((sequence) => textFrame({ type: 'receipt', sequence }));
const latin = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString('latin1');

/** Runs a schedule, and lets a server send four receipts to one client. */
async function sent(proxied: Proxied, schedule: string, chunkBytes = Infinity) {
  const proxy = await proxied.start();
  const run = proxy.run(parseSchedule(schedule, faultTable));
  const [client, server] = await proxied.pair();
  const bytes = Buffer.concat([upgraded, ...receipts]);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    server.socket.write(bytes.subarray(at, at + chunkBytes));
    if (chunkBytes < bytes.length) await settle();
  }
  return { proxy, run, client, server };
}

test('a fault on receipt 3 begins when all before it has left, and before a byte of it leaves', async () => {
  for (const chunkBytes of [Infinity, 7]) {
    for (const how of ['reset', 'fin'] as const) {
      await using proxied = new Proxied();
      const schedule = `{"on": "receipt", "nth": 3, "fault": "cut", "how": "${how}", "connections": "this"}`;
      const { run, client } = await sent(proxied, schedule, chunkBytes);
      await run.done;
      await eventually(() => client.ended === how);
      assert.equal(client.received, latin(upgraded, ...receipts.slice(0, 2)));
      const triggered = proxied.events.find(({ event }) => event === 'triggered');
      assert.deepEqual(triggered, { event: 'triggered', on: 'receipt', nth: 3, connection: 1 });
    }
  }
});

test('a fault on a receipt waits for what latency still holds back, and acts on the receipt itself', async () => {
  await using proxied = new Proxied();
  const schedule = `{"atMs": 0, "fault": "latency", "latencyMs": 100}
{"on": "receipt", "nth": 2, "fault": "drop", "direction": "down"}`;
  const proxy = await proxied.start();
  proxy.run(parseSchedule(schedule, faultTable));
  await proxied.virtual.advance(0);
  const [client, server] = await proxied.pair();
  server.socket.write(Buffer.concat([upgraded, ...receipts]));
  await eventually(() => proxy.counters.heldBytes.down > 0);
  await settle();
  assert.deepEqual(proxy.faults.length, 1);
  await proxied.virtual.advance(100);
  await eventually(() => proxy.faults.length === 2);
  const lost = receipts.slice(1).reduce((sum, { length }) => sum + length, 0);
  await eventually(() => proxy.counters.swallowedBytes.down === lost);
  assert.equal(client.received, latin(upgraded, ...receipts.slice(0, 1)));
  assert.equal(client.ended, 'no');
});

test('a fault on a receipt of one connection leaves the others alone', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.run(parseSchedule('{"on": "receipt", "connections": 2, "fault": "cut", "connections": 2}', faultTable));
  const [client, server] = await proxied.pair();
  const [other, otherServer] = await proxied.pair();
  server.socket.write(Buffer.concat([upgraded, ...receipts]));
  await eventually(() => client.received === latin(upgraded, ...receipts));
  otherServer.socket.write(Buffer.concat([upgraded, ...receipts]));
  await eventually(() => other.ended === 'reset');
  assert.equal(other.received, latin(upgraded));
  assert.equal(client.ended, 'no');
});

test('a fault on connected acts on that connection from its first byte, on disconnected once one is gone', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.run(
    parseSchedule(
      `{"on": "connected", "nth": 2, "fault": "timeout", "connections": "this"}
{"on": "disconnected", "fault": "down", "forMs": 1000}`,
      faultTable,
    ),
  );
  const [client, server] = await proxied.pair();
  const hidden = proxied.client();
  hidden.socket.write('hidden');
  await eventually(() => proxy.counters.swallowedBytes.up === 6);
  assert.equal(proxied.servers.length, 1);
  client.socket.end();
  server.socket.end();
  await eventually(() => proxy.faults.some(({ fault }) => fault.fault === 'down') && hidden.ended === 'reset');
});

test('a watched connection passes segments, and the end behind a message that is not whole', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.run(parseSchedule('{"on": "segment", "nth": 2, "fault": "cut"}', faultTable));
  const [client, server] = await proxied.pair();
  const bytes = Buffer.concat([upgraded, binaryFrame(Buffer.alloc(100_000, 2)), textFrame({ type: 'receipt' })]);
  server.socket.end(bytes.subarray(0, -3));
  await eventually(() => client.ended === 'fin');
  assert.equal(client.received, latin(bytes.subarray(0, -3)));
});

test('a watched connection whose fault changes nothing gets everything', async () => {
  await using proxied = new Proxied();
  const { run, client } = await sent(proxied, '{"on": "receipt", "fault": "latency", "latencyMs": 0}', 5);
  await run.done;
  await eventually(() => client.received === latin(upgraded, ...receipts));
});
