import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatches, type ProducerPosition, type Proof, type ServerMessage, sealBatch } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import type { Channel } from './channel.ts';
import type { ChannelOptions } from './channel_options.ts';
import type { Client } from './client.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

const proof: Proof = {
  storeId: 'store-1',
  stream: 's',
  incarnation: 'i1',
  offset: 3,
  checksum: 9,
  durability: 'memory',
  mac: 'm',
};

function batch(server: ScriptedServer, sequence: number, payloadBytes = 10): Uint8Array {
  const producer = { id: 'p', epoch: 0, sequence };
  const records = [{ timeNs: 1n, bytes: new Uint8Array(payloadBytes).fill(sequence) }];
  return sealBatch({ records, producer }, server.virtual.world.crc32);
}

function producing(server: ScriptedServer, sequence = 0, epoch = 0): ServerMessage {
  const { channel } = server.last('produce');
  return { type: 'producing', channel, stream: 's', incarnation: 'i1', epoch, sequence, tail: 0 };
}

function receipt(server: ScriptedServer, sequence: number, fields: Partial<Proof> = {}): ServerMessage {
  const { channel } = server.last('produce');
  return { type: 'receipt', channel, sequence, offset: sequence, duplicate: false, proof: { ...proof, ...fields } };
}

function sequences(server: ScriptedServer): (number | undefined)[] {
  const { crc32 } = server.virtual.world;
  return server.frames
    .flatMap(({ batches }) => openBatches(batches, crc32, testLimits()))
    .map((each): ProducerPosition | undefined => each.producer)
    .map((position) => position?.sequence);
}

async function opened(
  server: ScriptedServer,
  options: Partial<ChannelOptions> = {},
): Promise<{ client: Client; channel: Channel }> {
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 1_000 } });
  const opening = client.channel('s', { producer: 'p', epoch: 0, create: true, ...options });
  await server.virtual.advance(5);
  await server.say(producing(server));
  return { client, channel: await opening };
}

test('Channel sends in order and settles each batch by a cumulative receipt', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const settled: number[] = [];
  const receipts = [0, 1, 2].map(async (sequence) => {
    const got = await channel.send(batch(server, sequence), sequence);
    settled.push(sequence);
    return got;
  });
  await server.virtual.advance(5);
  assert.deepEqual(sequences(server), [0, 1, 2]);
  await server.say(receipt(server, 2));
  const all = await Promise.all(receipts);
  assert.deepEqual(settled, [0, 1, 2]);
  assert.deepEqual(
    all.map((each) => [each.sequence, each.offset]),
    [
      [0, undefined],
      [1, undefined],
      [2, 2],
    ],
  );
  assert.equal(channel.proof?.checksum, 9);
});

test('Channel sends all that is unacknowledged again after a cut, bit-identical, in order, with its witness [P2] [F11]', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const sent = [0, 1, 2, 3].map((sequence) => batch(server, sequence));
  const receipts = sent.map((bytes, sequence) => channel.send(bytes, sequence));
  await server.virtual.advance(5);
  await server.say(receipt(server, 1));
  server.network.cut();
  await server.virtual.advance(1_000);
  const { witness, epoch, incarnation, create } = server.last('produce');
  assert.deepEqual(
    { witness, epoch, incarnation, create },
    { witness: proof, epoch: 0, incarnation: 'i1', create: undefined },
  );
  assert.equal(server.frames.length, 4, 'nothing is sent before the channel is open again');
  await server.say(producing(server, 3));
  assert.deepEqual(sequences(server), [0, 1, 2, 3, 2, 3]);
  assert.deepEqual(server.frames.at(-2)?.batches, sent[2]);
  await server.say(receipt(server, 3));
  await Promise.all(receipts);
});

test('Channel opens again after a refusal that may pass, no sooner than asked, and sends all again', async () => {
  for (const code of ['busy', 'diskFull', 'stopping']) {
    const server = new ScriptedServer();
    const { channel } = await opened(server);
    const receipts = [0, 1].map((sequence) => channel.send(batch(server, sequence), sequence));
    await server.virtual.advance(5);
    const number = server.last('produce').channel;
    await server.say({ type: 'rejected', channel: number, sequence: 0, code, message: 'later', retryAfterMs: 500 });
    await server.virtual.advance(480);
    assert.equal(server.count('produce'), 1);
    await server.virtual.advance(100);
    assert.equal(server.count('produce'), 2);
    await server.say(producing(server));
    await server.say(receipt(server, 1));
    await Promise.all(receipts);
    assert.deepEqual(sequences(server), [0, 1, 0, 1]);
  }
});

test('Channel waits longer and longer while the refusal stays', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  channel.send(batch(server, 0), 0).catch(() => undefined);
  server.onHeard = (message) => {
    if (message.type !== 'produce') return;
    void server.say({ type: 'rejected', channel: message.channel, code: 'diskFull', message: 'full' });
  };
  await server.say({ type: 'rejected', channel: server.last('produce').channel, code: 'diskFull', message: 'full' });
  await server.virtual.advance(8_000);
  assert.ok(server.count('produce') < 40, `${server.count('produce')} tries`);
});

for (const code of [
  'staleEpoch',
  'closed',
  'gone',
  'wrongStore',
  'incarnationMismatch',
  'dataLossDetected',
  'newCode',
]) {
  test(`Channel is over after ${code}: all that waits is rejected with it, and nothing more is sent`, async () => {
    const server = new ScriptedServer();
    const { channel, client } = await opened(server);
    const receipts = [0, 1].map((sequence) => channel.send(batch(server, sequence), sequence));
    const expected = { code: code === 'newCode' ? 'unknownVersion' : code };
    const all = Promise.all(receipts.map((each) => assert.rejects(each, expected)));
    await server.virtual.advance(5);
    await server.say({ type: 'rejected', channel: server.last('produce').channel, sequence: 0, code, message: 'no' });
    await all;
    await assert.rejects(channel.send(batch(server, 2), 2), expected);
    await assert.rejects(channel.ready(), expected);
    await channel.close();
    server.network.cut();
    await server.virtual.advance(5_000);
    assert.equal(server.count('produce'), 1);
    assert.equal(client.status, 'connected');
  });
}

test('Channel does not go on in a store that knows less than was acknowledged [F15]', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const first = channel.send(batch(server, 0), 0);
  await server.virtual.advance(5);
  await server.say(receipt(server, 0));
  await first;
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server, 0));
  await assert.rejects(channel.send(batch(server, 1), 1), { code: 'wrongStore' });
});

test('Channel does not go on when somebody else used its epoch', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const first = channel.send(batch(server, 0), 0);
  const rejected = assert.rejects(first, { code: 'sequenceReused' });
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server, 7));
  await rejected;
});

test('Channel takes batches that the server may have, as a spool sends them after a crash', async () => {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 1_000 } });
  const opening = client.channel('s', { producer: 'p', epoch: 0, witness: proof });
  await server.virtual.advance(5);
  assert.deepEqual(server.last('produce').witness, proof);
  await server.say(producing(server, 8));
  const channel = await opening;
  assert.deepEqual(channel.position, { epoch: 0, sequence: 8 });
  const receipts = [5, 6].map((sequence) => channel.send(batch(server, sequence), sequence));
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server, 8));
  await server.say({ ...receipt(server, 6), duplicate: true, offset: undefined } as ServerMessage);
  assert.deepEqual(
    (await Promise.all(receipts)).map((each) => each.duplicate),
    [true, true],
  );
});

test('Channel keeps to the window, in batches and bytes, and says when there is room [P7]', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const receipts: Promise<unknown>[] = [];
  for (let sequence = 0; channel.hasRoom; sequence++) receipts.push(channel.send(batch(server, sequence), sequence));
  assert.equal(receipts.length, 8);
  await assert.rejects(channel.send(batch(server, 8), 8), { code: 'queueFull' });
  let ready = false;
  const waiting = channel.ready().then(() => {
    ready = true;
  });
  await server.virtual.advance(100);
  assert.equal(ready, false);
  await server.say(receipt(server, 0));
  await waiting;
  await receipts[0];
  const controller = new AbortController();
  receipts.push(channel.send(batch(server, 8), 8));
  const aborted = assert.rejects(channel.ready(controller.signal), { code: 'aborted' });
  controller.abort();
  await aborted;
  await server.say(receipt(server, 8));
  await Promise.all(receipts);
});

test('Channel sends no more than the smaller window of a server that came back', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  const receipts = [0, 1, 2, 3].map((sequence) => channel.send(batch(server, sequence), sequence));
  await server.virtual.advance(5);
  const { greeting } = server;
  if (greeting?.type !== 'welcome') throw new Error('no welcome');
  server.greeting = { ...greeting, limits: { ...greeting.limits, windowBatches: 2 } };
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server));
  assert.deepEqual(sequences(server), [0, 1, 2, 3, 0, 1]);
  await server.say(receipt(server, 1));
  assert.deepEqual(sequences(server).slice(6), [2, 3]);
  await server.say(receipt(server, 3));
  await Promise.all(receipts);
});

test('Channel refuses what is too large and what is out of order', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server);
  await assert.rejects(channel.send(new Uint8Array(20_000), 0), { code: 'tooLarge' });
  const first = channel.send(batch(server, 0), 0);
  await assert.rejects(channel.send(batch(server, 2), 2), { code: 'badRequest' });
  await server.virtual.advance(5);
  await server.say(receipt(server, 0));
  await first;
});

test('Channel refuses a receipt that is weaker than demanded [P1]', async () => {
  const server = new ScriptedServer();
  const { channel } = await opened(server, { durability: 'disk' });
  assert.equal(server.last('produce').durability, 'disk');
  const rejected = assert.rejects(channel.send(batch(server, 0), 0), { code: 'durabilityUnavailable' });
  await server.virtual.advance(5);
  await server.say(receipt(server, 0, { durability: 'memory' }));
  await rejected;
});

test('Channel believes no receipt for what was not sent or for another stream', async () => {
  for (const forge of [
    (server: ScriptedServer) => receipt(server, 5),
    (server: ScriptedServer) => receipt(server, 0, { stream: 'other' }),
    (server: ScriptedServer) => receipt(server, 0, { incarnation: 'i2' }),
    (server: ScriptedServer) => receipt(server, 0, { durability: 'wishful' as 'disk' }),
    (server: ScriptedServer) => producing(server),
  ]) {
    const server = new ScriptedServer();
    const { channel } = await opened(server);
    let settled = false;
    void channel.send(batch(server, 0), 0).then(() => {
      settled = true;
    });
    await server.virtual.advance(5);
    await server.say(forge(server));
    await server.virtual.advance(1_000);
    assert.equal(settled, false);
    assert.equal(server.count('hello'), 2, 'the link ended and came back');
  }
});

test('Channel.close waits for the receipts, then gives the channel back', async () => {
  const server = new ScriptedServer();
  const { channel, client } = await opened(server);
  const sent = channel.send(batch(server, 0), 0);
  const closed = channel.close();
  await server.virtual.advance(100);
  assert.equal(server.count('finish'), 0);
  await server.say(receipt(server, 0));
  await Promise.all([sent, closed]);
  await server.virtual.advance(5);
  assert.equal(server.count('finish'), 1);
  await server.farewell(client);
  await server.virtual.advance(5_000);
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Channel rejects with aborted when its signal or the client ends it', async () => {
  const server = new ScriptedServer();
  const controller = new AbortController();
  const { channel, client } = await opened(server, { signal: controller.signal });
  const sent = assert.rejects(channel.send(batch(server, 0), 0), { code: 'aborted' });
  controller.abort();
  await sent;
  const opening = assert.rejects(client.channel('t', { producer: 'p' }), { code: 'aborted' });
  await Promise.all([opening, client.close(), server.virtual.advance(5_000)]);
  await assert.rejects(client.channel('t', { producer: 'p' }), { code: 'aborted' });
  assert.equal(server.virtual.pendingTimers, 0);
});
