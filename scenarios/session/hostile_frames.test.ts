/** Bytes that no WebSocket would send, at the session door of a real server: each is refused by its close code. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { defaultLimits, encodePart, encodePublish } from '@packetboat/core';
import { Besieged } from './besieged.ts';
import { first, RawSession, said, upgrade, wsFrame, wsHead } from './raw_session.ts';

const heartbeat = Buffer.from('{"type":"heartbeat"}');
const hello = said({ type: 'hello', protocol: 1, client: 'hostile' });

const { frameBytesMax } = defaultLimits;
let besieged: Besieged;

before(async () => {
  besieged = await Besieged.open();
});

after(() => besieged[Symbol.asyncDispose]());

/** What is said is answered with a close and with nothing else, before the hello and after the welcome; nobody else notices. */
async function refused(what: string, bytes: Uint8Array, code: number): Promise<void> {
  using stranger = new RawSession(besieged.url);
  stranger.write(bytes);
  assert.equal((await stranger.closed())?.code, code, `${what}, from a stranger`);
  assert.deepEqual(stranger.messages, [], what);

  using guest = await RawSession.greeted(besieged.url);
  guest.write(bytes);
  assert.equal((await guest.closed())?.code, code, what);
  assert.deepEqual(
    guest.messages.map(({ type }) => type),
    ['welcome'],
    what,
  );
}

test('session: hostile: frames against RFC 6455: closed with 1002 and no answer, a length with the top bit with 1009 [H17] [A2.9]', async () => {
  const unmasked = Buffer.concat([Buffer.of(first.text, heartbeat.length), heartbeat]);
  for (const [what, code, bytes] of [
    ['an unmasked frame', 1002, unmasked],
    ['RSV1', 1002, wsFrame(0xc1, heartbeat)],
    ['RSV2', 1002, wsFrame(0xa1, heartbeat)],
    ['RSV3', 1002, wsFrame(0x91, heartbeat)],
    ['opcode 3', 1002, wsFrame(0x83, heartbeat)],
    ['opcode 15', 1002, wsFrame(0x8f, heartbeat)],
    ['a ping of 126 bytes', 1002, wsFrame(first.ping, Buffer.alloc(126))],
    ['a ping in two frames', 1002, wsFrame(0x09, Buffer.alloc(1))],
    ['a close in two frames', 1002, wsFrame(0x08, Buffer.of(3, 0xe8))],
    ['a close of one byte', 1002, wsFrame(first.close, Buffer.of(3))],
    ['a close with a code of nobody', 1002, wsFrame(first.close, Buffer.of(3, 0xec))],
    ['a continuation of nothing', 1002, wsFrame(0x80, heartbeat)],
    ['a message within a message', 1002, Buffer.concat([wsFrame(0x01, heartbeat), wsFrame(first.text, heartbeat)])],
    ['a length with the top bit', 1009, wsHead(first.text, 2n ** 63n + 1n)],
    ['a length of all bits', 1009, wsHead(first.binary, 2n ** 64n - 1n)],
  ] as const) {
    await refused(what, bytes, code);
  }
  await besieged.unharmed();
});

test('session: hostile: a frame that claims 1 GB: closed with 1009 at its head, of its body nothing is waited for [H17] [H20] [A2.9]', async () => {
  for (const length of [BigInt(frameBytesMax + 1), 2n ** 30n, 2n ** 53n - 1n]) {
    for (const opcode of [first.text, first.binary]) await refused(`${length} bytes`, wsHead(opcode, length), 1009);
  }
  await besieged.unharmed();
});

test('session: hostile: a message of pieces without end: closed with 1008 at 1,024 pieces, also before the hello [H18]', async () => {
  const earlier = await besieged.metric('network_received_bytes_total');
  const piece = wsFrame(0x00, Buffer.alloc(1));
  using guest = await RawSession.greeted(besieged.url);
  guest.write(wsFrame(0x02, Buffer.alloc(1)));
  guest.write(Buffer.concat(Array<Buffer>(1_023).fill(piece)));
  guest.write(wsFrame(first.ping, Buffer.alloc(0)));
  await besieged.alive();
  assert.equal(guest.closing, undefined, 'so many may be');
  guest.write(piece);
  assert.equal((await guest.closed())?.code, 1008);

  // Before the hello the bytes count, pieces or not.
  using stranger = new RawSession(besieged.url);
  stranger.write(wsFrame(0x01, Buffer.alloc(1)));
  stranger.write(Buffer.concat(Array<Buffer>(150).fill(wsFrame(0x00, Buffer.alloc(64)))));
  assert.deepEqual(await stranger.closed(), { code: 4413, reason: 'tooLarge' });
  assert.equal(stranger.messages[0]?.type, 'refused');
  guest[Symbol.dispose]();
  stranger[Symbol.dispose]();
  await besieged.unharmed();
  assert.ok((await besieged.metric('network_received_bytes_total')) - earlier < 262_144, 'little was ever held');
});

test('session: hostile: a frame in parts without end, each with its little: closed as tooLarge at one part for each KiB [H18]', async () => {
  using guest = await RawSession.greeted(besieged.url);
  const last = frameBytesMax / 1_024;
  for (let index = 0; index <= last; index++) {
    guest.write(wsFrame(first.binary, encodePart(index, false, Buffer.of(1))));
  }
  guest.write(said({ type: 'heartbeat' }));
  await besieged.alive();
  assert.equal(guest.closing, undefined, 'so many may be');
  guest.write(wsFrame(first.binary, encodePart(last + 1, false, Buffer.of(1))));
  assert.deepEqual(await guest.closed(), { code: 4413, reason: 'tooLarge' });

  using other = await RawSession.greeted(besieged.url);
  const slice = Buffer.alloc(65_536);
  for (let index = 0; index <= frameBytesMax / slice.length; index++)
    other.write(wsFrame(first.binary, encodePart(index, false, slice)));
  assert.deepEqual(await other.closed(), { code: 4413, reason: 'tooLarge' });
  guest[Symbol.dispose]();
  other[Symbol.dispose]();
  await besieged.unharmed();
});

test('session: hostile: pings without end, their answers never read: the connection is dropped [H17] [H18]', async () => {
  const ping = Buffer.concat(Array<Buffer>(1_000).fill(wsFrame(first.ping, Buffer.alloc(125))));
  using guest = await RawSession.greeted(besieged.url);
  guest.socket.pause();
  guest.write(ping);
  guest.socket.resume();
  await guest.until(() => false);
  await besieged.unharmed();
});

test('session: hostile: compression, offered or not: never agreed to, a compressed message is 1002 and is not inflated [H19]', async () => {
  const bomb = deflateRawSync(Buffer.alloc(64 << 20));
  const extension = 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n';
  const offering = Buffer.concat([upgrade.subarray(0, -2), Buffer.from(extension)]);
  for (const opening of [upgrade, offering]) {
    using guest = new RawSession(besieged.url, opening);
    guest.write(hello);
    await guest.next('welcome');
    guest.write(wsFrame(0xc2, bomb));
    assert.equal((await guest.closed())?.code, 1002);
    assert.equal(guest.head.includes('permessage-deflate'), false, guest.head);
  }
  await besieged.unharmed();
});

test('session: hostile: UTF-8 that is none is 1007, messages over their limits 1009 and 4413, JSON in binary 4400 [H20] [A2.9]', async () => {
  const half = Buffer.of(0x22, 0xe2, 0x82);
  await refused('UTF-8 cut within a message', wsFrame(first.text, half), 1007);
  await refused('an overlong slash', wsFrame(first.text, Buffer.of(0xc0, 0xaf)), 1007);
  await refused('a surrogate', wsFrame(first.text, Buffer.of(0xed, 0xa0, 0x80)), 1007);
  const split = Buffer.concat([wsFrame(0x01, half), wsFrame(0x80, Buffer.of(0x41, 0x22))]);
  await refused('UTF-8 broken over two frames', split, 1007);
  for (const [what, reason, code, bytes] of [
    ['JSON in a binary message', 'badFrame', 4400, wsFrame(first.binary, heartbeat)],
    ['bytes of no frame', 'badFrame', 4400, wsFrame(first.binary, Buffer.alloc(64, 0xff))],
    ['an empty binary message', 'badFrame', 4400, wsFrame(first.binary, Buffer.alloc(0))],
    ['a frame in text', 'badFrame', 4400, wsFrame(first.text, encodePublish(1, []))],
    ['an empty text', 'badFrame', 4400, wsFrame(first.text, Buffer.alloc(0))],
    ['JSON 60,000 deep', 'badFrame', 4400, wsFrame(first.text, Buffer.from('['.repeat(60_000)))],
    ['a lone surrogate, escaped', 'badFrame', 4400, wsFrame(first.text, Buffer.from('{"type":"\\ud800"}'))],
    ['a prototype', 'badFrame', 4400, wsFrame(first.text, Buffer.from('{"type":"__proto__"}'))],
    ['a control message over 64 KiB', 'tooLarge', 4413, wsFrame(first.text, Buffer.alloc(65_537, ' '))],
  ] as const) {
    using guest = await RawSession.greeted(besieged.url);
    guest.write(bytes);
    assert.deepEqual(await guest.closed(), { code, reason }, what);
    assert.equal((await guest.next('closing')).code, reason, what);
  }
  using guest = await RawSession.greeted(besieged.url);
  guest.write(wsFrame(first.binary, Buffer.alloc(2 << 20)));
  assert.equal((await guest.closed())?.code, 1009);
  guest[Symbol.dispose]();
  await besieged.unharmed();
});
