/** Too many at the door, and those who mean harm, while others work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientMessage, encodeMessage, encodePublish, sealBatch } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { metric } from '../support/metrics.ts';
import type { Running } from '../support/packetboat.ts';
import { Harbour, interrupt, printed } from './harbour.ts';
import { RawClient } from './raw_client.ts';

test('server: 200 connections at a limit of 128 open files: each is served, told fullHouse, or closed and counted; who was in before goes on, and with room all are let in [F16] [P7]', {
  skip: process.platform === 'win32' ? 'needs ulimit' : false,
}, async () => {
  await using harbour = await Harbour.open();
  // The store itself holds over 40 files.
  const wrapper = ['sh', '-c', 'ulimit -n 128 && exec "$0" "$@"'];
  const server = await harbour.serve([], { wrapper });
  await server.line(/allows fewer open files than connectionsMax/);
  const { url } = server;
  const client = await harbour.client(url);
  const producer = await client.producer('s', { create: true });
  await producer.publish('before');

  const ask = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const crowd = Array.from({ length: 200 }, () => new RawClient(url, ask));
  const answers = await Promise.all(crowd.map((raw) => raw.until((received) => received.includes('\r\n\r\n'))));
  const count = (pattern: string) => answers.filter((answer) => answer.includes(pattern)).length;
  const [served, told, closed] = [count('200 OK'), count('"code":"fullHouse"'), answers.filter(isEmpty).length];
  assert.equal(served + told + closed, 200, `${served} served, ${told} told, ${closed} closed`);
  assert.ok(served > 10 && told > 0, `${served} served, ${told} told, ${closed} closed`);
  // The store still has the files it needs: a new stream, a checkpoint.
  assert.equal((await producer.publish('meanwhile')).offset, 1);

  for (const raw of crowd) raw[Symbol.dispose]();
  await harbour.until(async () => (await metric(url, 'connections').catch(() => 200)) <= 2);
  const refused = await metric(url, 'refusals_total{code="fullHouse"}');
  assert.ok(refused >= told + closed, `${refused} of ${told + closed} refusals are counted`);
  assert.deepEqual(await harbour.read(url, 's'), ['before', 'meanwhile']);
  await interrupt(server);
});

const isEmpty = (answer: Buffer): boolean => answer.length === 0;

const upgrade =
  'GET /v1/session HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: packetboat.v1\r\n\r\n';
const text = 0x81;
const binary = 0x82;

/** A WebSocket frame, masked with zeros. `first` holds FIN, RSV and opcode. */
function frame(first: number, payload: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(payload.length));
  return Buffer.concat([Buffer.of(first, 0xff), length, Buffer.alloc(4), payload]);
}

const say = (message: ClientMessage): Buffer => frame(text, Buffer.from(encodeMessage(message)));
const hello = say({ type: 'hello', protocol: 1, client: 'hostile' });
const produce = say({ type: 'produce', channel: 1, stream: 's', producer: 'hostile', epoch: 0 });

function damagedBatch(): Uint8Array {
  const record = { timeNs: 1n, bytes: Buffer.from('damaged') };
  const batch = sealBatch({ records: [record], producer: { id: 'hostile', epoch: 0, sequence: 0 } }, nodeWorld.crc32);
  const last = batch.length - 1;
  batch[last] = (batch[last] ?? 0) ^ 1;
  return batch;
}

/** What is said after the upgrade, and what the answer holds. */
const hostile: readonly [what: string, said: Uint8Array, answer: string | RegExp][] = [
  ['an unmasked frame', Buffer.of(text, 2, 0x7b, 0x7d), /\x88\x02\x03\xea$/],
  ['a reserved bit', frame(0xc1, Buffer.from('{}')), /\x88\x02\x03\xea$/],
  ['a length of 2^63', Buffer.of(text, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0), /\x88\x02\x03\xf1$/],
  ['a message of 2 MiB', Buffer.concat([hello, frame(binary, Buffer.alloc(2_097_152))]), '"code":"tooLarge"'],
  ['text that is no JSON', frame(text, Buffer.from('GET / HTTP/1.1')), '"code":"badFrame"'],
  ['JSON 10,000 deep', frame(text, Buffer.from('['.repeat(8_000))), '"code":"badFrame"'],
  ['another first message', say({ type: 'unsubscribe', sub: 1 }), '"code":"badFrame"'],
  ['a version of the future', say({ type: 'hello', protocol: 99, client: 'hostile' }), '"code":"unknownVersion"'],
  ['hello twice', Buffer.concat([hello, hello]), '"code":"badFrame"'],
  ['a frame of no type', Buffer.concat([hello, frame(binary, Buffer.alloc(64, 0xff))]), '"code":"badFrame"'],
  ['a batch on no channel', Buffer.concat([hello, frame(binary, encodePublish(7, [damagedBatch()]))]), '"code":"'],
  ['a damaged batch', Buffer.concat([hello, produce, frame(binary, encodePublish(1, [damagedBatch()]))]), '"badBatch"'],
];

test('server: hostile sessions of every kind while a producer and a reader work: each is refused in words or by its close code, nobody else notices, nothing stays behind [H10] [H17] [H20] [H21] [P7]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const { url } = server;
  const client = await harbour.client(url);
  const producer = await client.producer('s', { create: true });
  await producer.publish('0\n');
  const tail = harbour.start(['tail', 's', '--from', 'start', '--raw', '--server', url]);
  const greedy = new RawClient(url, upgrade);
  await greedy.until((received) => received.includes('\r\n\r\n'));
  const subscribe = say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 8_000_000 });
  greedy.say(Buffer.concat([hello, subscribe]));
  greedy.socket.pause();

  for (const [index, [what, said, answer]] of hostile.entries()) {
    using raw = new RawClient(url, upgrade);
    await raw.until((received) => received.includes('\r\n\r\n'));
    raw.say(said);
    await producer.publish(`${index + 1} ${'x'.repeat(10_000)}\n`);
    const received = (await raw.until((bytes) => matches(bytes, answer))).toString('latin1');
    assert.ok(matches(Buffer.from(received, 'latin1'), answer), `${what}: ${JSON.stringify(received.slice(-300))}`);
  }
  const count = hostile.length + 1;
  await printed(tail, count);
  assert.deepEqual(
    numbersOf(tail),
    Array.from({ length: count }, (_, number) => number),
  );
  greedy[Symbol.dispose]();
  await harbour.until(async () => (await metric(url, 'sessions_attached')) === 2);
  assert.equal(await metric(url, 'subscriptions'), 1);
  assert.equal(server.stderr.join('\n').includes('defect'), false);
  assert.equal((await client.streams.info('s')).tail, count);
});

function matches(received: Buffer, answer: string | RegExp): boolean {
  const heard = received.toString('latin1');
  return typeof answer === 'string' ? heard.includes(answer) : answer.test(heard);
}

function numbersOf(tail: Running): number[] {
  return tail.stdout.map((line) => Number.parseInt(line, 10));
}
