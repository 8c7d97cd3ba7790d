/** The SDK against servers that are none, or lie: real sockets, both classes of WebSockets, a real server behind the lies. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { connect, type StatusEvent, type WebSocketConstructor } from '@packetboat/client';
import { type ClientMessage, defaultLimits, encodePart, encodePublish, type ServerMessage } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { WebSocket } from 'ws';
import { run } from '../support/packetboat.ts';
import { Besieged } from './besieged.ts';
import { FalseServer, type Lie, serverHead } from './false_server.ts';
import { answers, blurts, greets, of, producing, proof, receipt, segment, welcome } from './false_words.ts';

let besieged: Besieged;

before(async () => {
  besieged = await Besieged.open();
});

after(() => besieged[Symbol.asyncDispose]());

/**
 * A client meets the lies one after the other, and then the real server: it comes back each time, says why in words, and
 * what it was asked for is done then, once. Nobody else in its process notices, and nothing stays open.
 *
 * @param codes Why each connection ended.
 */
async function outlives(
  lies: readonly Lie[],
  codes: readonly string[],
  webSocket: WebSocketConstructor,
): Promise<void> {
  await using falseServer = await FalseServer.before(besieged.url, lies);
  const events: StatusEvent[] = [];
  await using client = await connect(falseServer.url, {
    world: nodeWorld,
    webSocket,
    backoff: { firstMs: 5, capMs: 20 },
    startOffline: true,
    onStatus: (event) => events.push(event),
  });
  const stream = `outlives/${crypto.randomUUID()}`;
  const producer = client.producer(stream, { create: true });
  const published = producer.then((opened) => opened.publish('true'));
  const called = client.call('streams.create', { stream: `${stream}/called` });
  await besieged.alive();
  assert.equal((await published).offset, 0);
  assert.equal(((await called) as { readonly kind: string }).kind, 'created');
  const got: string[] = [];
  for await (const { bytes } of client.read(stream, { untilCaughtUp: true })) got.push(new TextDecoder().decode(bytes));
  assert.deepEqual(got, ['true']);
  const reasons = events.flatMap(({ status, reason }) => (status === 'waiting' ? (reason?.code ?? []) : []));
  // What a false server gave it as a session, the real one does not know.
  assert.deepEqual(
    reasons.filter((code) => code !== 'expired'),
    codes,
  );
  assert.ok(reasons.indexOf('expired') === -1 || reasons.indexOf('expired') === lies.length);
  assert.equal(falseServer.connections, reasons.length + 1, 'it came back once for each');
  for (const { reason } of events) if (reason !== undefined) assert.notEqual(reason.message, '');
  await client.close();
  while (falseServer.openSockets > 0) await new Promise((resolve) => setImmediate(resolve));
}

const classes = [
  ['the WebSocket of Node', globalThis.WebSocket],
  ['that of the package ws', WebSocket as unknown as WebSocketConstructor],
] as const;

for (const [which, webSocket] of classes) {
  test(`SDK: hostile server: what is no WebSocket, over ${which}: unreachable, and it comes back [P7]`, async () => {
    const garbage = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 131) % 256));
    const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
    const lies: readonly Lie[] = [
      { instead: ({ socket }) => socket.resetAndDestroy() },
      { instead: ({ socket }) => socket.end() },
      { instead: (peer) => peer.write(garbage) },
      { instead: (peer) => peer.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome') },
      { instead: (peer) => peer.write(`${upgraded}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`) },
      { instead: (peer) => peer.write(`${upgraded}\r\n`) },
      { instead: (peer) => peer.flood(Buffer.from(`X: ${'x'.repeat(1_000)}\r\n`)) },
    ];
    await outlives(lies, Array<string>(lies.length).fill('unreachable'), webSocket);
    await besieged.unharmed();
  });

  test(`SDK: hostile server: frames against RFC 6455, a claim of 1 GB, a bomb, over ${which}: the connection ends, and it comes back [P7]`, async () => {
    const bomb = deflateRawSync(Buffer.alloc(256 << 20));
    const claim = serverHead(0x82, 2n ** 30n);
    let takenBytes = Number.POSITIVE_INFINITY;
    const flood = (bytes: Uint8Array): Lie => ({
      heard: (peer, { type }) => {
        if (type !== 'hello') return;
        peer.say(welcome);
        peer.write(claim);
        peer.socket.once('close', () => (takenBytes = peer.socket.bytesWritten));
        peer.flood(bytes);
      },
    });
    const lies: readonly Lie[] = [
      blurts(Buffer.alloc(512, 0xff)),
      blurts(Buffer.of(0x81, 0x82, 0, 0, 0, 0, 0x7b, 0x7d)),
      blurts(Buffer.of(0x83, 0)),
      blurts(Buffer.of(0x91, 2, 0x7b, 0x7d)),
      blurts(Buffer.of(0x81, 2, 0xc0, 0xae)),
      blurts(claim),
      blurts(serverHead(0x81, 2n ** 63n)),
      flood(Buffer.alloc(65_536)),
      blurts(serverHead(0xc2, BigInt(bomb.length)), bomb),
    ];
    await outlives(lies, Array<string>(lies.length).fill('unreachable'), webSocket);
    assert.ok(takenBytes < 16_777_216, `${takenBytes} bytes of a frame that is too large were taken`);
    await besieged.unharmed();
  });
}

const [[, webSocket]] = classes;

test('SDK: hostile server: a first word that is no welcome, or one nobody could work with: badFrame, and it comes back [P7]', async () => {
  const { limits } = welcome;
  const lies: readonly Lie[] = [
    greets({ type: 'heartbeat' }),
    greets({ type: 'receipt', channel: 1, sequence: 0, duplicate: false, proof }),
    greets(segment(1)),
    greets({ type: '__proto__' } as unknown as ServerMessage),
    greets([] as unknown as ServerMessage),
    greets({ ...welcome, admin: true } as ServerMessage),
    greets({ ...welcome, heartbeatMs: 0 }),
    greets({ ...welcome, heartbeatMs: Number.MAX_SAFE_INTEGER }),
    greets({ ...welcome, limits: { ...limits, frameBytes: 0 } }),
    greets({ ...welcome, limits: { ...limits, windowBatches: 0 } }),
    // It was asked for a new session.
    greets({ ...welcome, resumed: true }),
    // Every later hello would say it again.
    greets({ ...welcome, session: 's'.repeat(60_000) }),
    greets({ ...welcome, token: 't'.repeat(60_000) }),
  ];
  await outlives(lies, Array<string>(lies.length).fill('badFrame'), webSocket);
  await besieged.unharmed();
});

test('SDK: hostile server: it lies about resuming: another session, or one that was never its own: badFrame, then expired at the real one [P4]', async () => {
  let offered: ClientMessage | undefined;
  const lies: readonly Lie[] = [
    // A welcome, then the end: the session is kept.
    {
      heard: (peer, { type }) => {
        if (type !== 'hello') return;
        peer.say(welcome);
        peer.close(4001);
      },
    },
    {
      heard: (peer, message) => {
        if (message.type !== 'hello') return;
        offered = message;
        peer.say({ ...welcome, token: undefined, session: 'another', resumed: true });
      },
    },
  ];
  await outlives(lies, ['unreachable', 'badFrame'], webSocket);
  assert.ok(offered?.type === 'hello');
  assert.equal(offered.resume?.session, 'false');
  assert.equal(offered.resume.token, 'false');
  await besieged.unharmed();
});

function partsOf(count: number, slice: Uint8Array): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => encodePart(index, false, slice));
}

test('SDK: hostile server: welcome twice, refused behind it, frames of clients, parts without end: badFrame or tooLarge, and it comes back [P7]', async () => {
  const { frameBytesMax } = defaultLimits;
  const slice = Buffer.alloc(65_536);
  const parts = partsOf(Math.ceil(frameBytesMax / slice.length) + 1, slice);
  const tiny = partsOf(frameBytesMax / 1_024 + 2, Buffer.of(1));
  const lies: readonly Lie[] = [
    greets(welcome, welcome),
    greets(welcome, { type: 'refused', code: 'unauthorized', message: 'no' }),
    greets(welcome, Buffer.alloc(0)),
    greets(welcome, Buffer.alloc(100, 0xff)),
    greets(welcome, encodePublish(1, [])),
    greets(welcome, encodePart(1, false, slice)),
    greets(welcome, ...parts),
    greets(welcome, ...tiny),
  ];
  const codes = [...Array<string>(6).fill('badFrame'), 'tooLarge', 'tooLarge'];
  await outlives(lies, codes, webSocket);
  await besieged.unharmed();
});

test('SDK: hostile server: segments of unknown streams, receipts and results nobody asked for: nothing is taken for true [P1] [P5]', async () => {
  const lies: readonly Lie[] = [
    // Before anybody asked for anything, and about numbers that nobody has.
    {
      heard: (peer, { type }) => {
        if (type !== 'hello') return;
        peer.say(welcome);
        for (let id = 1_000; id < 1_100; id++) {
          peer.say(
            segment(id),
            { type: 'producing', channel: id, ...of('s'), epoch: 0, sequence: 0, tail: 0 },
            { type: 'receipt', channel: id, sequence: 0, duplicate: false, proof },
            { type: 'subscribed', sub: id, number: id, ...of('s'), contentType: '', from: 0, first: 0, tail: 1 },
            segment(id),
            { type: 'gap', sub: id, from: 1, to: 6, count: 5, reason: 'false' },
            { type: 'committed', sub: id, offset: 1 },
            { type: 'ended', sub: id, reason: 'closed', offset: 6 },
            { type: 'result', id, value: { kind: 'created' } },
            { type: 'error', id, code: 'gone', message: 'false' },
            { type: 'number', index: id, value: 1 },
            { type: 'received', bytes: 2 ** 40 },
          );
        }
        peer.close(4001);
      },
    },
    answers('produce', ({ channel, stream }, peer) => {
      peer.say({ type: 'receipt', channel, sequence: 0, duplicate: false, proof: { ...proof, stream } });
      peer.close(4001);
    }),
  ];
  await outlives(lies, ['unreachable', 'unreachable'], webSocket);
  await besieged.unharmed();
});

test('SDK: hostile server: it acknowledges what was never sent, proves another stream, opens a channel twice: never an acknowledgement [P1] [P5]', async () => {
  for (const [what, lie] of [
    ['more than was sent', (channel: number, stream: string) => receipt(channel, stream, 1_000_000)],
    ['another stream', (channel: number) => receipt(channel, 'another', 0)],
    ['opened twice', producing],
  ] as const) {
    const stream = `true/${crypto.randomUUID()}`;
    await besieged.client.streams.create(stream);
    const lies = [
      answers('produce', ({ channel }, peer) => {
        peer.say(producing(channel, stream));
        peer.published = () => peer.say(lie(channel, stream));
      }),
    ];
    await using falseServer = await FalseServer.before(besieged.url, lies);
    const reasons: (string | undefined)[] = [];
    await using client = await connect(falseServer.url, {
      webSocket,
      backoff: { firstMs: 5, capMs: 20 },
      onStatus: ({ status, reason }) => (status === 'waiting' ? reasons.push(reason?.code) : undefined),
    });
    const producer = await client.producer(stream, { create: true });
    // It was told of another incarnation: no server that is true has it.
    await assert.rejects(producer.publish('unheard'), { code: 'incarnationMismatch' }, what);
    assert.deepEqual(reasons, ['badFrame', 'expired'], what);
    assert.equal((await client.streams.info(stream)).tail, 0);
  }
  await besieged.unharmed();
});

test('cli: hostile: a server that says garbage, claims 90 MiB, sends a bomb: the command takes little of it, comes back, and does its work [H38] [P7]', async () => {
  const bomb = deflateRawSync(Buffer.alloc(64 << 20));
  let takenBytes = Number.POSITIVE_INFINITY;
  const lies: readonly Lie[] = [
    { instead: (peer) => peer.write('garbage') },
    blurts(Buffer.alloc(512, 0xff)),
    blurts(serverHead(0xc2, BigInt(bomb.length)), bomb),
    answers('produce', (_, peer) => {
      peer.socket.once('close', () => (takenBytes = peer.socket.bytesWritten));
      peer.write(serverHead(0x82, BigInt(90 << 20)));
      peer.flood(Buffer.alloc(65_536));
    }),
  ];
  await using falseServer = await FalseServer.before(besieged.url, lies);
  const { code, stderr } = await run(['pub', 'cli/true', 'true', '--create', '--server', falseServer.url]);
  assert.equal(code, 0, stderr);
  assert.ok(!stderr.includes('    at '), stderr);
  assert.ok(takenBytes < 16_777_216, `${takenBytes} bytes were taken`);
  assert.ok(falseServer.connections > lies.length);
  assert.equal((await besieged.client.streams.info('cli/true')).tail, 1);
  await besieged.unharmed();
});
