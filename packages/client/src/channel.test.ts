import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openedChannel, sealedBatch, sentSequences } from './testing/scripted_channel.ts';
import { producing, receipt } from './testing/scripted_answers.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

test('Channel sends in order and settles each batch by a cumulative receipt', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const settled: number[] = [];
  const receipts = [0, 1, 2].map(async (sequence) => {
    const got = await channel.send(sealedBatch(server, sequence), sequence);
    settled.push(sequence);
    return got;
  });
  await server.virtual.advance(5);
  assert.deepEqual(sentSequences(server), [0, 1, 2]);
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
    const { channel, client } = await openedChannel(server);
    const receipts = [0, 1].map((sequence) => channel.send(sealedBatch(server, sequence), sequence));
    const expected = { code: code === 'newCode' ? 'unknownVersion' : code };
    const all = Promise.all(receipts.map((each) => assert.rejects(each, expected)));
    await server.virtual.advance(5);
    await server.say({ type: 'rejected', channel: server.last('produce').channel, sequence: 0, code, message: 'no' });
    await all;
    await assert.rejects(channel.send(sealedBatch(server, 2), 2), expected);
    await assert.rejects(channel.ready(), expected);
    await channel.close();
    server.network.cut();
    await server.virtual.advance(5_000);
    assert.equal(server.count('produce'), 1);
    assert.equal(client.status, 'connected');
  });
}

test('Channel keeps to the window, in batches and bytes, and says when there is room [P7]', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const receipts: Promise<unknown>[] = [];
  for (let sequence = 0; channel.hasRoom; sequence++)
    receipts.push(channel.send(sealedBatch(server, sequence), sequence));
  assert.equal(receipts.length, 8);
  await assert.rejects(channel.send(sealedBatch(server, 8), 8), { code: 'queueFull' });
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
  receipts.push(channel.send(sealedBatch(server, 8), 8));
  const aborted = assert.rejects(channel.ready(controller.signal), { code: 'aborted' });
  controller.abort();
  await aborted;
  await server.say(receipt(server, 8));
  await Promise.all(receipts);
});

test('Channel refuses what is too large and what is out of order', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  await assert.rejects(channel.send(new Uint8Array(20_000), 0), { code: 'tooLarge' });
  const first = channel.send(sealedBatch(server, 0), 0);
  await assert.rejects(channel.send(sealedBatch(server, 2), 2), { code: 'badRequest' });
  await server.virtual.advance(5);
  await server.say(receipt(server, 0));
  await first;
});

test('Channel refuses a receipt that is weaker than demanded [P1]', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server, { durability: 'disk' });
  assert.equal(server.last('produce').durability, 'disk');
  const rejected = assert.rejects(channel.send(sealedBatch(server, 0), 0), { code: 'durabilityUnavailable' });
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
    const { channel } = await openedChannel(server);
    let settled = false;
    void channel.send(sealedBatch(server, 0), 0).then(() => {
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
  const { channel, client } = await openedChannel(server);
  const sent = channel.send(sealedBatch(server, 0), 0);
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
  const { channel, client } = await openedChannel(server, { signal: controller.signal });
  const sent = assert.rejects(channel.send(sealedBatch(server, 0), 0), { code: 'aborted' });
  controller.abort();
  await sent;
  const opening = assert.rejects(client.channel('t', { producer: 'p' }), { code: 'aborted' });
  await Promise.all([opening, client.close(), server.virtual.advance(5_000)]);
  await assert.rejects(client.channel('t', { producer: 'p' }), { code: 'aborted' });
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Channel refuses options that a server would close the connection for', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  for (const options of [
    { producer: 'a\ud800' },
    { producer: 'p', epoch: -1 },
    { producer: 'p', epoch: 0.5 },
    { producer: 'p', contentType: '\udfff' },
  ]) {
    await assert.rejects(client.channel('s', options), { code: 'badRequest' });
  }
  await assert.rejects(client.channel('s'.repeat(70_000), { producer: 'p' }), { code: 'tooLarge' });
  await server.virtual.advance(5);
  assert.equal(server.count('produce'), 0);
  assert.equal(client.status, 'connected');
});

test('Channel that is closed while the connection comes up is not opened again', async () => {
  const server = new ScriptedServer();
  const controller = new AbortController();
  const client = await server.connected({
    onStatus: ({ status }) => {
      if (status === 'connected' && server.count('produce') > 0) controller.abort();
    },
  });
  const opening = client.channel('s', { producer: 'p', epoch: 0, signal: controller.signal });
  const rejected = assert.rejects(opening, { code: 'aborted' });
  await server.virtual.advance(5);
  server.network.cut();
  await server.virtual.advance(5_000);
  await rejected;
  assert.equal(server.heard.at(-1)?.type, 'finish');
});
