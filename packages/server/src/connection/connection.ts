import {
  encodeMessage,
  type ErrorCode,
  errorTable,
  FrameReceiver,
  FrameSender,
  Heartbeat,
  hex,
  PacketboatError,
  parseClientMessage,
  type ServerMessage,
  type Timer,
} from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import { Delivery } from '../fan_out/delivery.ts';
import type { Channel } from './channel.ts';
import { dispatch } from './dispatch.ts';
import type { Link } from './link.ts';
import { publish } from './messages/publish.ts';
import type { Reader } from './reader.ts';
import { SlowReaderWatch } from './slow_reader_watch.ts';

/** What a peer may leave unreported for good, see `FrameReceiver`. */
const unreportedBytesMax = 4_096;
/** `subscribed`, `gap`, `caughtUp`, `ended` or `error`. */
const inOrderPerSubscriptionMax = 4;

/**
 * The protocol `packetboat.v1` on one connection, without sockets: the door feeds it what arrives, and it speaks
 * through a {@linkcode Link}. Nothing a peer sends makes it throw; whatever is wrong ends in a code.
 */
export class Connection {
  readonly id: string;
  readonly broker: Broker;
  readonly channels = new Map<number, Channel>();
  readonly readers = new Map<number, Reader>();
  readonly delivery: Delivery;
  readonly sender: FrameSender;
  callsInFlight = 0;
  /** Channels and subscriptions being opened, also those that the peer has given up meanwhile. */
  opensInFlight = 0;
  /** Messages that wait behind frames. */
  #inOrder = 0;
  readonly #link: Link;
  readonly #receiver: FrameReceiver;
  readonly #slowReaderWatch: SlowReaderWatch;
  #state: 'greeting' | 'open' | 'closed' = 'greeting';
  #greetingBytes = 0;
  #saidClosing = false;
  #helloTimer: Timer | undefined;
  #heartbeat: Heartbeat | undefined;

  constructor(broker: Broker, link: Link) {
    this.broker = broker;
    this.#link = link;
    const { world, limits, reads, feeds, counters } = broker;
    const { clock, timers } = world;
    this.id = hex(world.random.bytes(16));
    const write = (bytes: Uint8Array) => {
      if (this.closed) return;
      counters.framesSent += 1;
      counters.frameBytesSent += bytes.length;
      this.#slowReaderWatch.sent();
      this.#heartbeat?.spoke();
      link.sendBinary(bytes);
    };
    this.sender = new FrameSender({ clock, write, heartbeatMs: limits.heartbeatMs });
    const report = (bytes: number) => this.send({ type: 'received', bytes });
    this.#receiver = new FrameReceiver({ frameBytesMax: limits.frameBytesMax, report });
    this.delivery = new Delivery({ feeds, limits, sender: this.sender, reads });
    this.#slowReaderWatch = new SlowReaderWatch({
      clock,
      timers,
      slowReaderMs: limits.slowReaderMs,
      waiting: () => this.sender.pendingBytes >= unreportedBytesMax,
      slow: () => this.close('slowReader', `Nothing was taken for ${limits.slowReaderMs} ms`),
    });
    this.#helloTimer = timers.after(limits.helloTimeoutMs, () => {
      this.refuse(new PacketboatError('timeout', `No hello came within ${limits.helloTimeoutMs} ms`));
    });
    broker.connections.add(this);
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether the hello was answered with a welcome. */
  get welcomed(): boolean {
    return this.#state === 'open';
  }

  /** `bytes` arrived on the link: proof of life, and before the welcome a budget. */
  heard(bytes: number): void {
    this.#heartbeat?.heard();
    if (this.#state !== 'greeting') return;
    const { greetingBytesMax } = this.broker.limits;
    this.#greetingBytes += bytes;
    if (this.#greetingBytes <= greetingBytesMax) return;
    this.refuse(new PacketboatError('tooLarge', `More than ${greetingBytesMax} bytes came before the welcome`));
  }

  receiveText(text: string): void {
    if (this.closed) return;
    try {
      const { controlBytesMax } = this.broker.limits;
      if (text.length > controlBytesMax) {
        throw new PacketboatError('tooLarge', `A control message is over the limit of ${controlBytesMax} bytes`);
      }
      dispatch(this, parseClientMessage(text));
    } catch (error) {
      this.#violated(error);
    }
  }

  receiveBinary(bytes: Uint8Array): void {
    if (this.closed) return;
    try {
      if (!this.welcomed) throw new PacketboatError('badFrame', 'The first message must be hello');
      const frame = this.#receiver.take(bytes);
      if (frame?.kind === 'segment') throw new PacketboatError('badFrame', 'Segment frames come from the server only');
      if (frame !== undefined) publish(this, frame);
    } catch (error) {
      this.#violated(error);
    }
  }

  /** Answers the hello: the peer is in. */
  welcome(message: ServerMessage & { type: 'welcome' }): void {
    const { world, limits, counters } = this.broker;
    this.#state = 'open';
    this.#helloTimer?.cancel();
    counters.connectionsOpened += 1;
    this.#heartbeat = new Heartbeat({
      clock: world.clock,
      timers: world.timers,
      heartbeatMs: limits.heartbeatMs,
      missedMax: limits.heartbeatsMissedMax,
      beat: () => this.send({ type: 'heartbeat' }),
      lost: () => this.close('timeout', `Nothing was heard for ${limits.heartbeatsMissedMax} heartbeats`),
    });
    this.send(message);
  }

  /** The peer is not in, and is told why. */
  refuse(error: PacketboatError): void {
    if (this.closed) return;
    const { code, message, retryAfterMs } = error;
    this.send({ type: 'refused', code, message, retryAfterMs });
    this.#end(code);
  }

  send(message: ServerMessage): void {
    if (this.closed) return;
    const { connectionBufferBytesMax } = this.broker.limits;
    // Frames stop at one buffer's worth; what is above are answers that the peer asks for and does not read.
    if (this.#link.bufferedBytes > 2 * connectionBufferBytesMax) return this.#end('slowReader');
    this.#heartbeat?.spoke();
    this.#link.sendText(encodeMessage(message));
  }

  /** Sends a message after the frames that were sent before it. */
  sendInOrder(message: ServerMessage): void {
    // A subscription has a handful of these: what is above are answers that the peer asks for and does not read.
    if (this.#inOrder > inOrderPerSubscriptionMax * this.broker.limits.subscriptionsPerConnectionMax) {
      return this.#end('slowReader');
    }
    this.#inOrder += 1;
    this.sender.afterwards(() => {
      this.#inOrder -= 1;
      this.send(message);
    });
  }

  /** The peer says how many bytes of frames have reached it. */
  tookBytes(bytes: number): void {
    const pendingBytes = this.sender.pendingBytes;
    this.sender.received(bytes);
    if (this.sender.pendingBytes === pendingBytes) return;
    this.#slowReaderWatch.took();
    this.delivery.pump();
  }

  /** A request failed; the connection lives on. */
  sendError(about: { readonly id?: number; readonly sub?: number }, error: unknown): void {
    const { code, message, retryAfterMs } = this.noted(error);
    this.send({ type: 'error', ...about, code, message, retryAfterMs });
  }

  /** `error` as what may be told, counted; a defect is logged. */
  noted(error: unknown): PacketboatError {
    const told = asPacketboatError(error);
    this.broker.counters.refused(told.code);
    if (told.code === 'internal') this.broker.log.error({ connection: this.id, error }, 'a defect was met');
    return told;
  }

  /** Tells the peer that the connection will be closed. */
  sayClosing(code: ErrorCode, message: string): void {
    if (!this.welcomed || this.#saidClosing) return;
    this.#saidClosing = true;
    this.send({ type: 'closing', code, message });
  }

  /** Ends the connection, and says why. */
  close(code: ErrorCode, message: string): void {
    if (this.closed) return;
    if (!this.welcomed) return this.refuse(new PacketboatError(code, message));
    this.sayClosing(code, message);
    this.#end(code);
  }

  /** The link is gone: lets go of everything that hung on it. Appends in flight are still decided. */
  linkClosed(): void {
    if (this.closed) return;
    this.#state = 'closed';
    this.#helloTimer?.cancel();
    this.#heartbeat?.stop();
    this.#slowReaderWatch.stop();
    this.delivery.stop();
    for (const channel of this.channels.values()) channel.abandon();
    for (const reader of this.readers.values()) reader.stop();
    this.channels.clear();
    this.readers.clear();
    this.broker.connections.delete(this);
  }

  #end(code: ErrorCode): void {
    if (this.closed) return;
    this.broker.counters.refused(code);
    this.linkClosed();
    this.#link.close(errorTable[code].close, code);
  }

  #violated(error: unknown): void {
    const { code, message } = asPacketboatError(error);
    if (code === 'internal') this.broker.log.error({ connection: this.id, error }, 'a defect was met');
    this.close(code, message);
  }
}
