import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodePublish, type PublishFrame, type SegmentFrame } from './frame.ts';
import { FrameReceiver } from './frame_receiver.ts';
import { FrameSender } from './frame_sender.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

const heartbeatMs = 10_000;

/**
 * A link in virtual time: one direction carries `bytesPerMs` and holds any amount (as the buffers on the way do); reports
 * come back after `latencyMs`.
 */
class SlowLink {
  readonly virtual = new VirtualWorld();
  readonly sender: FrameSender;
  readonly frames: (PublishFrame | SegmentFrame)[] = [];
  /** When each message was complete at the receiver. */
  readonly arrivals: { ms: number; bytes: number }[] = [];
  /** Bytes on the way, at most. */
  inFlightMax = 0;
  bytesPerMs: number;
  readonly #latencyMs: number;
  readonly #receiver: FrameReceiver;
  #freeAtMs = 0;
  #inFlight = 0;

  constructor(bytesPerMs: number, latencyMs = 50) {
    this.bytesPerMs = bytesPerMs;
    this.#latencyMs = latencyMs;
    const { timers, clock } = this.virtual.world;
    const report = (bytes: number) => timers.after(latencyMs, () => this.sender.received(bytes));
    this.#receiver = new FrameReceiver({ frameBytesMax: 1_048_576, report });
    this.sender = new FrameSender({ clock, heartbeatMs, write: (message) => this.#carry(message) });
  }

  #carry(message: Uint8Array): void {
    const copy = message.slice();
    const nowMs = this.virtual.now;
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + copy.length / this.bytesPerMs;
    this.#inFlight += copy.length;
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight);
    this.virtual.world.timers.after(this.#freeAtMs - nowMs + this.#latencyMs, () => {
      this.#inFlight -= copy.length;
      this.arrivals.push({ ms: this.virtual.now, bytes: copy.length });
      const frame = this.#receiver.take(copy);
      if (frame !== undefined) this.frames.push(frame);
    });
  }

  /** The longest time without a sign of life between the first arrival and the last. */
  get longestSilenceMs(): number {
    const times = [0, ...this.arrivals.map(({ ms }) => ms)];
    return Math.max(...times.slice(1).map((ms, index) => ms - (times[index] ?? 0)));
  }
}

const frameOf = (length: number, fill = 1) => encodePublish(fill, [new Uint8Array(length).fill(fill)]);

test('FrameSender and FrameReceiver carry any frames over any link, identical and in order [P3]', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(20_000), fc.nat(300_000)), { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(
    sizes,
    fc.constantFrom(1, 8, 200, 10_000),
    fc.nat(500),
    async (list, rate, latency) => {
      const link = new SlowLink(rate, latency);
      for (const [index, size] of list.entries()) link.sender.send(frameOf(size, index));
      await link.virtual.advance(10 * 3_600_000);
      assert.deepEqual(
        link.frames.map((frame) => frame.kind === 'publish' && [frame.channel, frame.batches.length]),
        list.map((size, index) => [index, size]),
      );
      for (const [index, frame] of link.frames.entries()) assert(frame.batches.every((byte) => byte === index));
      assert(link.sender.pendingBytes < 4_096, 'what arrived counts as pending');
    },
  );
  await fc.assert(property, { numRuns: 20 });
});

test('FrameSender shows a piece every half heartbeat on a 64 kbit/s link with 256 KiB waiting [P4]', async () => {
  const link = new SlowLink(8);
  for (let index = 0; index < 4; index++) link.sender.send(frameOf(262_144));
  await link.virtual.advance(300_000);
  assert.equal(link.frames.length, 4);
  assert(link.longestSilenceMs <= heartbeatMs / 2, `silent for ${link.longestSilenceMs} ms`);
  const doneMs = link.arrivals.at(-1)?.ms ?? assert.fail();
  assert(doneMs <= (4 * 262_144 * 1.02) / 8, `the link stood idle: done after ${doneMs} ms`);
});

test('FrameSender keeps little on the way, so that control messages are not stuck behind it [P7]', async () => {
  const link = new SlowLink(8);
  link.sender.send(frameOf(1_000_000));
  await link.virtual.advance(200_000);
  assert.equal(link.frames.length, 1);
  assert(link.inFlightMax <= 3 * 8 * (heartbeatMs / 2) + 8_192, `${link.inFlightMax} bytes were on the way`);
});

test('FrameSender shrinks its pieces when a fast link becomes slow', async () => {
  const link = new SlowLink(10_000);
  for (let index = 0; index < 50; index++) link.sender.send(frameOf(200_000));
  await link.virtual.advance(10_000);
  assert.equal(link.frames.length, 50);
  assert(link.sender.pieceBytes > 200_000);
  link.bytesPerMs = 8;
  for (let index = 0; index < 10; index++) link.sender.send(frameOf(100_000));
  await link.virtual.advance(1_000_000);
  assert.equal(link.frames.length, 60);
  assert(link.sender.pieceBytes <= 8 * heartbeatMs, `pieces of ${link.sender.pieceBytes} bytes`);
});

test('FrameSender keeps a fast link busy with whole frames', async () => {
  const link = new SlowLink(10_000, 5);
  for (let index = 0; index < 100; index++) link.sender.send(frameOf(200_000));
  await link.virtual.advance(60_000);
  assert.equal(link.frames.length, 100);
  const whole = link.arrivals.filter(({ bytes }) => bytes > 200_000).length;
  assert(whole > 90, `${whole} of 100 frames left in one piece`);
});

test('FrameSender stops when the peer reports nothing, and ignores reports of what was never sent', () => {
  const world = new VirtualWorld();
  const written: Uint8Array[] = [];
  const sender = new FrameSender({ clock: world.world.clock, heartbeatMs, write: (message) => written.push(message) });
  for (let index = 0; index < 100; index++) sender.send(frameOf(10_000));
  const sent = () => written.reduce((sum, { length }) => sum + length, 0);
  const stuckAt = sent();
  assert(stuckAt <= 3 * 16_384, `${stuckAt} bytes left without a report`);
  assert.equal(sender.pendingBytes, 100 * frameOf(10_000).length + (stuckAt - sent()));
  for (const lie of [stuckAt + 1, -1, Number.MAX_SAFE_INTEGER, 0]) sender.received(lie);
  assert.equal(sent(), stuckAt);
  sender.received(stuckAt);
  assert(sent() > stuckAt);
});

test('FrameSender runs what is to come afterwards in its place among the frames', async () => {
  const link = new SlowLink(8, 10);
  const seen: string[] = [];
  link.sender.afterwards(() => seen.push('at once'));
  assert.deepEqual(seen, ['at once']);
  link.sender.send(frameOf(100_000));
  link.sender.afterwards(() => seen.push('after the first'));
  link.sender.send(frameOf(400_000));
  link.sender.afterwards(() => seen.push('after the second'));
  assert.deepEqual(seen, ['at once']);
  await link.virtual.advance(13_000);
  assert.deepEqual(seen, ['at once', 'after the first']);
  await link.virtual.advance(60_000);
  assert.deepEqual(seen, ['at once', 'after the first', 'after the second']);
});
