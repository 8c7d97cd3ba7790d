import type { Socket } from 'node:net';
import {
  defaultLimits,
  FrameReceiver,
  Heartbeat,
  parseServerMessage,
  type SegmentFrame,
  type ServerMessage,
  subprotocol,
  type World,
} from '@packetboat/core';
import { WebSocket } from 'ws';
import type { ConnectWish } from './case.ts';

/** What was seen on a connection. */
export type Seen =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'segment'; readonly frame: SegmentFrame }
  /** The WebSocket was closed. */
  | { readonly kind: 'closed'; readonly code: number }
  /** There is no WebSocket: HTTP answered. */
  | { readonly kind: 'status'; readonly status: number }
  /** What the document does not allow. */
  | { readonly kind: 'wrong'; readonly what: string };

/** How a {@linkcode Peer} behaves. */
export interface PeerOptions {
  readonly url: string;
  readonly world: World;
  /** Says what it received. */
  readonly reports: boolean;
  /** Says heartbeats. */
  readonly beats: boolean;
}

/** Time for a parting word. */
const partingMs = 500;
const missedMax = 3;

/** One WebSocket of a case: collects what is seen, and keeps the connection alive as the document asks. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #socket: WebSocket;
  readonly #seen: Seen[] = [];
  /** How it ended: seen again by whoever asks again. */
  #end: Seen | undefined;
  #wake: (() => void) | undefined;
  #heartbeat: Heartbeat | undefined;
  readonly #sinceMs: number;
  /** How often the server said that it had been silent. */
  #beats = 0;
  /** As the welcome told. */
  #heartbeatMs = Infinity;
  /** Under the WebSocket. */
  #under: Socket | undefined;

  constructor(options: PeerOptions, wish: ConnectWish) {
    this.#options = options;
    this.#sinceMs = options.world.clock.monotonicMs();
    const { path = '/v1/session', protocols = [subprotocol], headers = {} } = wish;
    const socket = new WebSocket(options.url.replace(/^http/, 'ws').replace(/\/$/, '') + path, [...protocols], {
      headers,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    const receiver = new FrameReceiver({
      frameBytesMax: defaultLimits.frameBytesMax,
      report: (bytes) => {
        if (options.reports) this.send(JSON.stringify({ type: 'received', bytes }));
      },
    });
    socket.on('upgrade', (response) => {
      this.#under = response.socket;
    });
    socket.on('unexpected-response', (_request, response) => {
      this.#add({ kind: 'status', status: response.statusCode ?? 0 });
      socket.terminate();
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#heartbeat?.heard();
      this.#take(() => (isBinary ? segment(receiver.take(data)) : this.#message(data.toString())));
    });
    socket.on('error', (error) => {
      if (this.#under === undefined && this.#end === undefined)
        this.#add({ kind: 'wrong', what: `no connection: ${error.message}` });
    });
    socket.on('close', (code) => {
      this.#heartbeat?.stop();
      this.#add({ kind: 'closed', code });
    });
  }

  /** Settles when the WebSocket is open, or will not be. */
  async opened(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.CONNECTING) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('open', resolve);
      this.#socket.once('close', () => resolve());
    });
  }

  /** What is seen next; `undefined` when nothing is for so long. Heartbeats and reports pass, unless one is `wanted`. */
  async next(withinMs: number, wanted?: unknown): Promise<Seen | undefined> {
    const { clock } = this.#options.world;
    const untilMs = clock.monotonicMs() + withinMs;
    for (;;) {
      const seen = this.#seen.shift() ?? this.#end;
      if (seen === undefined) {
        const leftMs = untilMs - clock.monotonicMs();
        if (leftMs <= 0) return undefined;
        await this.#news(leftMs);
      } else if (seen.kind !== 'message' || !passes(seen.message.type) || seen.message.type === wanted) {
        return seen;
      }
    }
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#heartbeat?.spoke();
    this.#socket.send(data, () => undefined);
  }

  /** Writes to the socket under the WebSocket. */
  write(bytes: Uint8Array): void {
    this.#under?.write(bytes);
  }

  /** Ends without a word. */
  cut(how: 'fin' | 'reset'): void {
    this.#heartbeat?.stop();
    if (how === 'reset') this.#under?.resetAndDestroy();
    else this.#socket.terminate();
  }

  /** Ends its session, and the connection. */
  async leave(): Promise<void> {
    if (this.#heartbeat !== undefined) this.send(JSON.stringify({ type: 'bye' }));
    this.#heartbeat?.stop();
    if (this.#end === undefined && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close();
      await this.#news(partingMs);
    }
    this.#socket.terminate();
  }

  #message(text: string): Seen {
    const message = parseServerMessage(text);
    if (message.type === 'welcome') this.#keepAlive(message.heartbeatMs);
    if (message.type === 'heartbeat' && !this.#isBeatDue()) return { kind: 'wrong', what: 'a heartbeat too many' };
    return { kind: 'message', message };
  }

  /** Whether the connection is old enough for one more silence: counts them. */
  #isBeatDue(): boolean {
    const ageMs = this.#options.world.clock.monotonicMs() - this.#sinceMs;
    this.#beats += 1;
    return this.#beats <= 1 + ageMs / this.#heartbeatMs;
  }

  #keepAlive(heartbeatMs: number): void {
    this.#heartbeatMs = heartbeatMs;
    const { clock, timers } = this.#options.world;
    const beat = () => {
      if (this.#options.beats) this.#socket.send(JSON.stringify({ type: 'heartbeat' }));
    };
    const lost = () => this.#add({ kind: 'wrong', what: `the server was silent for ${missedMax} heartbeats` });
    this.#heartbeat = new Heartbeat({ clock, timers, heartbeatMs, missedMax, beat, lost });
  }

  #take(read: () => Seen | undefined): void {
    try {
      const seen = read();
      if (seen !== undefined) this.#add(seen);
    } catch (error) {
      this.#add({ kind: 'wrong', what: `what the document does not allow: ${String(error)}` });
    }
  }

  #add(seen: Seen): void {
    if (seen.kind === 'closed' || seen.kind === 'status') this.#end ??= seen;
    else this.#seen.push(seen);
    this.#wake?.();
  }

  #news(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.world.timers.after(withinMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function passes(type: ServerMessage['type']): boolean {
  return type === 'heartbeat' || type === 'received';
}

function segment(frame: ReturnType<FrameReceiver['take']>): Seen | undefined {
  if (frame === undefined) return undefined;
  if (frame.kind === 'segment') return { kind: 'segment', frame };
  return { kind: 'wrong', what: 'a publish frame came from the server' };
}
