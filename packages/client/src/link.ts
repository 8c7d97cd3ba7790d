import {
  type ClientMessage,
  encodeMessage,
  FrameReceiver,
  FrameSender,
  Heartbeat,
  type Limits,
  PacketboatError,
  parseServerMessage,
  protocolVersion,
  quoted,
  type SegmentFrame,
  type ServerMessage,
  type ResumeAttempt,
  type SessionIdentity,
  subprotocol,
  type Timer,
  type World,
} from '@packetboat/core';
import { badFrame } from './bad_frame.ts';
import { sessionLimits, type Welcome } from './session_limits.ts';
import type { WebSocketConstructor, WebSocketLike } from './web_socket.ts';
import { wireError } from './wire_error.ts';

/** What a link tells, in this order: `welcomed` at most once, messages and segments, `ended` exactly once. */
export interface LinkHandler {
  /** We are in. `limits` are ours, lowered to what the server says. */
  welcomed(welcome: Welcome, limits: Limits): void;
  /** @throws {PacketboatError} when the message breaks the protocol: the link then ends with that error. */
  message(message: ServerMessage): void;
  /** @throws {PacketboatError} as `message` does. */
  segment(frame: SegmentFrame): void;
  /** `refused`: the server said in its first frame that we are not in. */
  ended(error: PacketboatError, refused: boolean): void;
}

/** What a {@linkcode Link} needs. */
export interface LinkOptions {
  readonly url: string;
  readonly webSocket: WebSocketConstructor;
  readonly world: World;
  readonly limits: Limits;
  /** Name of the program, told in the hello. */
  readonly client: string;
  readonly auth?: string | undefined;
  /** The session to go on in. */
  readonly resume?: (SessionIdentity & ResumeAttempt) | undefined;
  readonly handler: LinkHandler;
}

/** What a socket says that was closed without a farewell (RFC 6455 section 7.1.5). */
const brokenOff = 1006;
/** How long a socket may take for its farewell before it is dropped. */
const farewellMs = 2_000;

/**
 * One WebSocket connection, from hello to its end: greeting, heartbeats, frames in pieces that the link can take,
 * and one reason why it ended. It never comes back; that is the `Connection`'s work.
 *
 * After its end nothing is heard of it any more, whatever the socket still does.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #socket: WebSocketLike;
  readonly #receiver: FrameReceiver;
  #phase: 'greeting' | 'open' | 'ended' = 'greeting';
  #sender: FrameSender | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Runs out when no welcome comes; later, when the farewell takes too long. */
  #timer: Timer | undefined;
  /** Why the server is about to close, if it said so. */
  #closing: PacketboatError | undefined;
  #isSocketClosed = false;
  readonly #socketClosed = Promise.withResolvers<void>();

  constructor(options: LinkOptions) {
    this.#options = options;
    const { limits, world } = options;
    this.#socket = new options.webSocket(options.url, subprotocol);
    this.#receiver = new FrameReceiver({
      frameBytesMax: limits.frameBytesMax,
      report: (bytes) => this.send({ type: 'received', bytes }),
    });
    const { welcomeTimeoutMs } = limits;
    this.#timer = world.timers.after(welcomeTimeoutMs, () => {
      this.#end(new PacketboatError('unreachable', `No welcome came within ${welcomeTimeoutMs} ms`));
    });
    // Browsers and Node give a Blob unless told otherwise; the Buffers of `ws` spare us a copy.
    if (this.#socket.binaryType === 'blob') this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => this.#opened());
    this.#socket.addEventListener('message', (event) => this.#heard(event.data));
    this.#socket.addEventListener('error', (event) => this.#end(unreachable(options.url, event)));
    this.#socket.addEventListener('close', (event) => {
      this.#timer?.cancel();
      this.#isSocketClosed = true;
      this.#socketClosed.resolve();
      const { code, reason } = event;
      const how =
        code === brokenOff ? 'The connection broke off' : `The connection was closed with ${code} ${quoted(reason)}`;
      this.#end(this.#closing ?? new PacketboatError('unreachable', how));
    });
  }

  /** The largest frame that would leave in one piece now. */
  get pieceBytes(): number {
    return this.#sender?.pieceBytes ?? 0;
  }

  /** Sends a control message now, before frames that still wait. */
  send(message: ClientMessage): void {
    if (this.#phase === 'ended') return;
    this.#heartbeat?.spoke();
    this.#socket.send(encodeMessage(message));
  }

  /** Sends a control message after the frames sent before it: one that changes what a channel's frames mean. */
  sendInOrder(message: ClientMessage): void {
    this.#sender?.afterwards(() => this.send(message));
  }

  sendFrame(frame: Uint8Array): void {
    if (this.#phase === 'open') this.#sender?.send(frame);
  }

  /** Says farewell, to the session too if it ends. Settles when the socket is closed; one that does not answer is dropped. */
  close(endsSession: boolean): Promise<void> {
    if (endsSession && this.#phase === 'open') this.send({ type: 'bye' });
    this.#end(new PacketboatError('aborted', 'The client was closed'), 1000);
    return this.#socketClosed.promise;
  }

  #opened(): void {
    const { client, auth, resume } = this.#options;
    this.send({ type: 'hello', protocol: protocolVersion, client, auth, resume });
  }

  #heard(data: unknown): void {
    if (this.#phase === 'ended') return;
    this.#heartbeat?.heard();
    try {
      if (typeof data === 'string') this.#heardText(data);
      else this.#heardBytes(data);
    } catch (error) {
      // Whatever a server sends must not reach the program as an exception out of an event.
      this.#end(error instanceof PacketboatError ? error : internalError(error));
    }
  }

  #heardText(text: string): void {
    const { limits, handler } = this.#options;
    if (text.length > limits.frameBytesMax) throw badFrame(`a message of ${text.length} characters is too long`);
    const message = parseServerMessage(text);
    if (this.#phase === 'greeting') return this.#greeted(message);
    switch (message.type) {
      case 'heartbeat':
        return;
      case 'received':
        return this.#sender?.received(message.bytes);
      case 'closing':
        this.#closing = wireError(message);
        return;
      case 'welcome':
      case 'refused':
        throw badFrame(`${message.type} came twice`);
      default:
        handler.message(message);
    }
  }

  #heardBytes(data: unknown): void {
    if (this.#phase === 'greeting') throw badFrame('a binary message came before the welcome');
    const frame = this.#receiver.take(asBytes(data));
    if (frame === undefined) return;
    if (frame.kind !== 'segment') throw badFrame(`a ${frame.kind} frame came from the server`);
    this.#options.handler.segment(frame);
  }

  /** The first frame says whether we are in. */
  #greeted(message: ServerMessage): void {
    if (message.type === 'refused') return this.#end(wireError(message), 1000, true);
    if (message.type !== 'welcome') throw badFrame(`${message.type} came before the welcome`);
    const { world, handler } = this.#options;
    const limits = sessionLimits(message, this.#options.limits);
    this.#timer?.cancel();
    this.#phase = 'open';
    this.#sender = new FrameSender({
      clock: world.clock,
      heartbeatMs: limits.heartbeatMs,
      write: (piece) => {
        this.#heartbeat?.spoke();
        this.#socket.send(piece as Uint8Array<ArrayBuffer>);
      },
    });
    this.#heartbeat = new Heartbeat({
      clock: world.clock,
      timers: world.timers,
      heartbeatMs: limits.heartbeatMs,
      missedMax: limits.heartbeatsMissedMax,
      beat: () => this.send({ type: 'heartbeat' }),
      lost: () => this.#end(new PacketboatError('timeout', 'The server was silent for too long')),
    });
    handler.welcomed(message, limits);
  }

  /** Ends the link for us at once, and closes the socket: politely when there is time, by force when it hangs. */
  #end(error: PacketboatError, closeCode: number = error.row.close, refused = false): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#timer?.cancel();
    this.#heartbeat?.stop();
    if (!this.#isSocketClosed) {
      this.#timer = this.#options.world.timers.after(farewellMs, () => {
        this.#socket.terminate?.();
        this.#socketClosed.resolve();
      });
      this.#socket.close(closeCode, error.code);
    }
    this.#options.handler.ended(error, refused);
  }
}

function asBytes(data: unknown): Uint8Array {
  // A plain view also of a Buffer: what the user gets must not depend on the socket.
  if (data instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw badFrame('a message is neither text nor bytes');
}

function unreachable(url: string, event: object): PacketboatError {
  // Browsers tell no reason, on purpose.
  const why = 'message' in event && event.message !== '' ? `: ${String(event.message)}` : '';
  return new PacketboatError('unreachable', `Cannot reach ${url}${why}`, {
    cause: 'error' in event ? event.error : event,
  });
}

function internalError(cause: unknown): PacketboatError {
  return new PacketboatError('internal', `Handling a message failed: ${String(cause)}`, { cause });
}
