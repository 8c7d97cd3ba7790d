import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketboatError, ServerMessage } from '@packetboat/core';
import { openedChannel, sealedBatch, sentSequences } from './testing/scripted_channel.ts';
import { producing, proof, receipt } from './testing/scripted_answers.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

test('Channel sends all that is unacknowledged again after a cut, bit-identical, in order, with its witness [P2] [F11]', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const sent = [0, 1, 2, 3].map((sequence) => sealedBatch(server, sequence));
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
  assert.deepEqual(sentSequences(server), [0, 1, 2, 3, 2, 3]);
  assert.deepEqual(server.frames.at(-2)?.batches, sent[2]);
  await server.say(receipt(server, 3));
  await Promise.all(receipts);
});

test('Channel opens again after a refusal that may pass, no sooner than asked, and sends all again', async () => {
  for (const code of ['busy', 'diskFull', 'stopping']) {
    const server = new ScriptedServer();
    const told: [string, string][] = [];
    const onRefused = (reason: PacketboatError, retryInMs: number): void => {
      assert.ok(retryInMs >= 500);
      told.push([reason.code, reason.message]);
    };
    const { channel } = await openedChannel(server, { onRefused });
    const receipts = [0, 1].map((sequence) => channel.send(sealedBatch(server, sequence), sequence));
    await server.virtual.advance(5);
    const number = server.last('produce').channel;
    await server.say({ type: 'rejected', channel: number, sequence: 0, code, message: 'later', retryAfterMs: 500 });
    assert.deepEqual(told, [[code, 'later']]);
    await server.virtual.advance(480);
    assert.equal(server.count('produce'), 1);
    await server.virtual.advance(100);
    assert.equal(server.count('produce'), 2);
    await server.say(producing(server));
    await server.say(receipt(server, 1));
    await Promise.all(receipts);
    assert.deepEqual(sentSequences(server), [0, 1, 0, 1]);
  }
});

test('Channel waits longer and longer while the refusal stays', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  channel.send(sealedBatch(server, 0), 0).catch(() => undefined);
  server.onHeard = (message) => {
    if (message.type !== 'produce') return;
    void server.say({ type: 'rejected', channel: message.channel, code: 'diskFull', message: 'full' });
  };
  await server.say({ type: 'rejected', channel: server.last('produce').channel, code: 'diskFull', message: 'full' });
  await server.virtual.advance(8_000);
  assert.ok(server.count('produce') < 40, `${server.count('produce')} tries`);
});

test('Channel does not go on in a store that knows less than was acknowledged [F15]', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const first = channel.send(sealedBatch(server, 0), 0);
  await server.virtual.advance(5);
  await server.say(receipt(server, 0));
  await first;
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server, 0));
  await assert.rejects(channel.send(sealedBatch(server, 1), 1), { code: 'wrongStore' });
});

test('Channel does not go on when somebody else used its epoch', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const first = channel.send(sealedBatch(server, 0), 0);
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
  const receipts = [5, 6].map((sequence) => channel.send(sealedBatch(server, sequence), sequence));
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server, 8));
  await server.say({ ...receipt(server, 6), duplicate: true, offset: undefined } as ServerMessage);
  assert.deepEqual(
    (await Promise.all(receipts)).map((each) => each.duplicate),
    [true, true],
  );
});

test('Channel sends no more than the smaller window of a server that came back', async () => {
  const server = new ScriptedServer();
  const { channel } = await openedChannel(server);
  const receipts = [0, 1, 2, 3].map((sequence) => channel.send(sealedBatch(server, sequence), sequence));
  await server.virtual.advance(5);
  const { greeting } = server;
  if (greeting?.type !== 'welcome') throw new Error('no welcome');
  server.greeting = { ...greeting, limits: { ...greeting.limits, windowBatches: 2 } };
  server.network.cut();
  await server.virtual.advance(1_000);
  await server.say(producing(server));
  assert.deepEqual(sentSequences(server), [0, 1, 2, 3, 0, 1]);
  await server.say(receipt(server, 1));
  assert.deepEqual(sentSequences(server).slice(6), [2, 3]);
  await server.say(receipt(server, 3));
  await Promise.all(receipts);
});
