/** A stranger's client: written from docs/protocol/session.md alone, with nothing of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { start } from './started.ts';

type Message = Readonly<Record<string, unknown>>;

/** Section 4: one sealed batch, byte by byte. */
function seal(producer: string, epoch: number, sequence: number, timeNs: bigint, payloads: readonly string[]): Buffer {
  const bodies = payloads.map((payload) => Buffer.from(payload));
  const id = Buffer.alloc(Math.ceil(Buffer.byteLength(producer) / 8) * 8);
  id.write(producer);
  const times = Buffer.alloc(8 * bodies.length);
  const lengths = Buffer.alloc(4 * bodies.length);
  for (const [index, body] of bodies.entries()) {
    times.writeBigInt64LE(timeNs, 8 * index);
    lengths.writeUInt32LE(body.length, 4 * index);
  }
  const payload = Buffer.concat(bodies);
  const batch = Buffer.concat([Buffer.alloc(40), id, times, lengths, payload]);
  batch.write('PKB1');
  batch.writeUInt32LE(batch.length, 4);
  batch.writeUInt8(1, 12);
  batch.writeUInt8(Buffer.byteLength(producer), 14);
  batch.writeUInt32LE(bodies.length, 16);
  batch.writeUInt32LE(payload.length, 20);
  batch.writeBigUInt64LE(BigInt(epoch), 24);
  batch.writeBigUInt64LE(BigInt(sequence), 32);
  batch.writeUInt32LE(crc32(batch.subarray(12)), 8);
  return batch;
}

/** Section 4: the check of a frame's head. */
function checkOf(head: Buffer): number {
  return crc32(head.subarray(4), crc32(head.subarray(0, 2))) & 0xffff;
}

/** Section 1: a connection; `next` gives what the server says, text parsed, binary as it is. */
async function open(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/session`, 'packetboat.v1');
  socket.binaryType = 'arraybuffer';
  const heard: (Message | Buffer)[] = [];
  let wake: (() => void) | undefined;
  socket.addEventListener('message', ({ data }: { data: unknown }) => {
    heard.push(typeof data === 'string' ? (JSON.parse(data) as Message) : Buffer.from(data as ArrayBuffer));
    wake?.();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const next = async (): Promise<Message | Buffer> => {
    for (;;) {
      const first = heard.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { next, say: (message: Message) => socket.send(JSON.stringify(message)), socket };
}

test('session document: a client made from it alone publishes a batch, gets its receipt and reads it back [P5]', async () => {
  await using started = await start();
  const { next, say, socket } = await open(started.url);
  say({ type: 'hello', protocol: 1, client: 'a stranger' });
  const welcome = (await next()) as Message;
  assert.equal(welcome['type'], 'welcome');

  say({ type: 'produce', channel: 7, stream: 'strange/news', producer: 'stranger', create: true });
  const producing = (await next()) as Message;
  assert.deepEqual([producing['type'], producing['epoch'], producing['sequence']], ['producing', 0, 0]);
  const batch = seal('stranger', 0, 0, 1_612_091_235_112_730_000n, ['hello', '', 'world 🚢']);
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt32LE(7, 4);
  head.writeUInt16LE(checkOf(head), 2);
  socket.send(Buffer.concat([head, batch]));
  const receipt = (await next()) as Message;
  const checksum = crc32('helloworld 🚢');
  const proof = receipt['proof'] as Message;
  assert.deepEqual(
    [receipt['type'], receipt['sequence'], receipt['offset'], receipt['duplicate']],
    ['receipt', 0, 0, false],
  );
  assert.deepEqual([proof['offset'], proof['checksum'], proof['durability']], [3, checksum, 'disk']);

  // The same batch again is a duplicate, with its first offset.
  socket.send(Buffer.concat([head, batch]));
  const again = (await next()) as Message;
  assert.deepEqual([again['type'], again['sequence'], again['offset'], again['duplicate']], ['receipt', 0, 0, true]);

  say({ type: 'subscribe', sub: 3, stream: 'strange/news', from: { at: 'start' }, cursor: 'me', credit: 65_536 });
  const subscribed = (await next()) as Message;
  assert.deepEqual([subscribed['type'], subscribed['from'], subscribed['tail']], ['subscribed', 0, 3]);
  const segment = (await next()) as Buffer;
  assert.ok(Buffer.isBuffer(segment));
  const fields = [
    segment.readUInt8(0),
    segment.readUInt8(1),
    segment.readUInt32LE(4),
    Number(segment.readBigUInt64LE(8)),
  ];
  assert.deepEqual(fields, [2, 0, subscribed['number'], 0]);
  assert.equal(segment.readUInt16LE(2), checkOf(segment.subarray(0, 32)));
  const sums = [segment.readUInt32LE(16), segment.readUInt32LE(20), segment.readUInt32LE(24), segment.readUInt32LE(28)];
  assert.deepEqual(sums, [0, checksum, 3, 0]);
  assert.deepEqual(segment.subarray(32), batch, 'the sealed batch arrives as it was sent');
  assert.deepEqual(await next(), { type: 'caughtUp', sub: 3, offset: 3 });
  say({ type: 'commit', sub: 3, offset: 3 });
  assert.deepEqual(await next(), { type: 'committed', sub: 3, offset: 3 });

  say({ type: 'call', id: 1, method: 'cursors.get', params: { stream: 'strange/news', cursor: 'me' } });
  const value = { incarnation: subscribed['incarnation'], offset: 3 };
  assert.deepEqual(await next(), { type: 'result', id: 1, value });
  say({ type: 'call', id: 2, method: 'streams.info', params: { stream: 'strange/news' } });
  const info = ((await next()) as Message)['value'] as Message;
  assert.deepEqual(Object.keys(info).toSorted(), [
    'bytes',
    'checksum',
    'closed',
    'contentType',
    'createdNs',
    'first',
    'firstChecksum',
    'incarnation',
    'lifetime',
    'lineage',
    'retention',
    'stream',
    'tail',
  ]);
  socket.close();
});
