import {
  assert,
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
import type { Session, SessionHolder } from '../broker/session.ts';
import { Delivery } from '../fan_out/delivery.ts';
import type { Channel } from './channel.ts';
import { dispatch } from './dispatch.ts';
import type { Link } from './link.ts';
import { publish } from './messages/publish.ts';
import type { Place } from './place.ts';
import type { Reader } from './reader.ts';
import { SlowReaderWatch } from './slow_reader_watch.ts';

/** What a peer may leave unreported for good, see `FrameReceiver`. */
const unreportedBytesMax = 4_096;
/** `subscribed`, `gap`, `caughtUp`, `ended` or `error`. */
const inOrderPerSubscriptionMax = 4;
/** Normal closure (RFC 6455 section 7.4.1). */
const normalClose = 1000;
const slowStoreRetryMs = 1_000;

/**
 * The protocol `packetboat.v1` on one connection, without sockets: the door feeds it what arrives, and it speaks
 * through a {@linkcode Link}. Nothing a peer sends makes it throw; whatever is wrong ends in a code.
 */
export class Connection implements SessionHolder {
  readonly id: string;
  readonly broker: Broker;
  /** `undefined`: connections are not counted here. */
  readonly place: Place | undefined;
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
  /** `admitting`: the hello came, and the store is asked. */
  #state: 'greeting' | 'admitting' | 'open' | 'closed' = 'greeting';
  /** What came behind the hello and before the welcome: at most `greetingBytesMax`. */
  #early: (() => void)[] = [];
  #session: Session | undefined;
  #greetingBytes = 0;
  #saidClosing = false;
  #helloTimer: Timer | undefined;
  #heartbeat: Heartbeat | undefined;

  constructor(broker: Broker, link: Link, place?: Place) {
    this.broker = broker;
    this.place = place;
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
    this.#helloTimer = timers.after(limits.helloTimeoutMs, () => this.#greetingTookTooLong());
    broker.connections.add(this);
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether the hello was answered with a welcome. */
  get welcomed(): boolean {
    return this.#state === 'open';
  }

  /** What of this survives the connection. @throws {PacketboatError} `internal` when nobody was welcomed. */
  get session(): Session {
    assert(this.#session !== undefined, 'a connection that was welcomed has a session');
    return this.#session;
  }

  /** `bytes` arrived on the link: proof of life, and before the welcome a budget. */
  heard(bytes: number): void {
    this.#heartbeat?.heard();
    if (this.welcomed || this.closed) return;
    const { greetingBytesMax } = this.broker.limits;
    this.#greetingBytes += bytes;
    if (this.#greetingBytes <= greetingBytesMax) return;
    this.refuse(new PacketboatError('tooLarge', `More than ${greetingBytesMax} bytes came before the welcome`));
  }

  receiveText(text: string): void {
    if (this.closed) return;
    if (this.#state === 'admitting') return void this.#early.push(() => this.receiveText(text));
    try {
      const { controlBytesMax } = this.broker.limits;
      if (text.length > controlBytesMax) {
        throw new PacketboatError('tooLarge', `A control message is over the limit of ${controlBytesMax} bytes`);
      }
      const message = parseClientMessage(text);
      if (message.type === 'hello' && this.#state === 'greeting') this.#state = 'admitting';
      else if (message.type === 'hello') throw new PacketboatError('badFrame', 'A second hello came');
      else if (!this.welcomed) throw new PacketboatError('badFrame', 'The first message must be hello');
      dispatch(this, message);
    } catch (error) {
      this.#violated(error);
    }
  }

  receiveBinary(bytes: Uint8Array): void {
    if (this.closed) return;
    if (this.#state === 'admitting') return void this.#early.push(() => this.receiveBinary(bytes));
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
  welcome(session: Session, message: ServerMessage & { type: 'welcome' }): void {
    const { world, limits } = this.broker;
    this.#state = 'open';
    this.#session = session;
    this.#helloTimer?.cancel();
    this.#heartbeat = new Heartbeat({
      clock: world.clock,
      timers: world.timers,
      heartbeatMs: limits.heartbeatMs,
      missedMax: limits.heartbeatsMissedMax,
      beat: () => this.send({ type: 'heartbeat' }),
      lost: () => this.close('timeout', `Nothing was heard for ${limits.heartbeatsMissedMax} heartbeats`),
    });
    this.send(message);
    const early = this.#early;
    this.#early = [];
    for (const receive of early) receive();
  }

  /** The peer is not in, and is told why. */
  refuse(error: unknown): void {
    if (this.closed) return;
    const { code, message, retryAfterMs } = this.#told(error);
    // A server whose store has failed ends, and is started again: who comes just now is not sent away for good.
    const passing = code === 'storeFailed' ? 'stopping' : code;
    this.send({ type: 'refused', code: passing, message, retryAfterMs });
    this.#end(passing);
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
    const told = this.#told(error);
    this.broker.counters.refused(told.code);
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

  /** The peer ends its session: the connection is closed when the session is forgotten. */
  leave(): void {
    const { session } = this;
    this.#session = undefined;
    this.linkClosed();
    void this.broker.sessions.end(session).finally(() => this.#link.close(normalClose, 'bye'));
  }

  /** The link is gone: lets go of everything that hung on it. Appends in flight are still decided. */
  linkClosed(): void {
    if (this.closed) return;
    this.#state = 'closed';
    this.#helloTimer?.cancel();
    this.#heartbeat?.stop();
    this.#slowReaderWatch.stop();
    this.delivery.stop();
    this.broker.sequences.leave(this);
    for (const channel of this.channels.values()) channel.abandon();
    for (const reader of this.readers.values()) reader.stop();
    this.channels.clear();
    this.readers.clear();
    this.#early = [];
    this.broker.connections.delete(this);
    if (this.#session !== undefined) this.broker.sessions.detach(this.#session, this);
  }

  #greetingTookTooLong(): void {
    const { helloTimeoutMs } = this.broker.limits;
    if (this.#state === 'greeting') {
      return this.refuse(new PacketboatError('timeout', `No hello came within ${helloTimeoutMs} ms`));
    }
    const message = `The store did not answer within ${helloTimeoutMs} ms`;
    this.refuse(new PacketboatError('busy', message, { retryAfterMs: slowStoreRetryMs }));
  }

  #end(code: ErrorCode): void {
    if (this.closed) return;
    this.broker.counters.refused(code);
    this.linkClosed();
    this.#link.close(errorTable[code].close, code);
  }

  #violated(error: unknown): void {
    const { code, message } = this.#told(error);
    this.close(code, message);
  }

  /** `error` as what may be told; a defect is logged. */
  #told(error: unknown): PacketboatError {
    const told = asPacketboatError(error);
    if (told.code === 'internal') this.broker.log.error({ connection: this.id, error }, 'a defect was met');
    return told;
  }
}
