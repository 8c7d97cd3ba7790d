import { encodePart, partHeaderBytes } from './frame.ts';
import type { Clock } from './ports.ts';

/** What a {@linkcode FrameSender} needs. */
export interface FrameSenderOptions {
  readonly clock: Clock;
  /** Writes one binary message to the socket. */
  readonly write: (message: Uint8Array) => void;
  /** Idle time after which each side speaks, as told in the welcome. */
  readonly heartbeatMs: number;
}

/** A receiver says what it received at the latest after this many bytes; the sender's smallest piece. */
export const receivedEveryBytes = 4_096;
const pieceBytesMin = receivedEveryBytes;
const pieceBytesFirst = 16_384;
const pieceBytesMax = 1_048_576;
const piecesInFlightMax = 2;

/**
 * Sends binary frames so that even a slow link shows signs of life: a piece is at most what the peer took in
 * half a heartbeat interval (at least 4 KiB). Larger frames travel as numbered parts, and control
 * messages pass between them. Both sides use it.
 *
 * The measure is what the peer *says* it received, never what the socket accepted: buffers on the way would
 * make a 64 kbit/s link look fast.
 */
export class FrameSender {
  readonly #options: FrameSenderOptions;
  /** Frames, and what is to run between them. */
  readonly #queue: (Uint8Array | (() => void))[] = [];
  #queuedBytes = 0;
  /** Bytes of the first queued frame that already left as parts, and how many parts. */
  #partAt = 0;
  #partIndex = 0;
  #pieceBytes = pieceBytesFirst;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** One measurement at a time: when the peer has `until`, `until − from` bytes took since `startMs`. */
  #probe: { from: number; until: number; startMs: number } | undefined;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
  }

  /** Bytes that wait here or are on their way to the peer. */
  get pendingBytes(): number {
    return this.#queuedBytes - this.#partAt + this.#sentBytes - this.#receivedBytes;
  }

  /** The largest frame that would leave in one piece now: producers make their batches no larger. */
  get pieceBytes(): number {
    return this.#pieceBytes;
  }

  /** Sends a frame after those sent before it. The caller bounds what it hands over (credit, window). */
  send(frame: Uint8Array): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#pump();
  }

  /**
   * Calls `run` once everything sent before has been written: how a text message keeps its place among frames.
   * Called at once when nothing waits.
   */
  afterwards(run: () => void): void {
    this.#queue.push(run);
    this.#pump();
  }

  /** Takes the peer's word that it has received `bytes` bytes of binary messages since the connection began. */
  received(bytes: number): void {
    if (bytes <= this.#receivedBytes || bytes > this.#sentBytes) return;
    this.#receivedBytes = bytes;
    const probe = this.#probe;
    if (probe !== undefined && bytes >= probe.until) {
      const elapsedMs = Math.max(1, this.#options.clock.monotonicMs() - probe.startMs);
      const perHalfBeat = ((bytes - probe.from) / elapsedMs) * (this.#options.heartbeatMs / 2);
      this.#pieceBytes = Math.trunc(Math.min(pieceBytesMax, Math.max(pieceBytesMin, perHalfBeat)));
      this.#probe = undefined;
    }
    this.#pump();
  }

  #pump(): void {
    for (let frame = this.#queue[0]; frame !== undefined; frame = this.#queue[0]) {
      if (typeof frame === 'function') {
        this.#queue.shift();
        frame();
        continue;
      }
      const whole = this.#partAt === 0 && frame.length <= this.#pieceBytes;
      if (this.#sentBytes - this.#receivedBytes > this.#pieceBytes * piecesInFlightMax) return;
      if (whole) {
        this.#write(frame);
        this.#drop(frame);
      } else {
        const slice = frame.subarray(this.#partAt, this.#partAt + this.#pieceBytes - partHeaderBytes);
        this.#partAt += slice.length;
        const last = this.#partAt === frame.length;
        this.#write(encodePart(this.#partIndex, last, slice));
        this.#partIndex += 1;
        if (last) this.#drop(frame);
      }
    }
  }

  #write(message: Uint8Array): void {
    this.#sentBytes += message.length;
    if (this.#probe === undefined && this.#sentBytes - this.#receivedBytes >= receivedEveryBytes) {
      const startMs = this.#options.clock.monotonicMs();
      this.#probe = { from: this.#receivedBytes, until: this.#sentBytes - (receivedEveryBytes - 1), startMs };
    }
    this.#options.write(message);
  }

  #drop(frame: Uint8Array): void {
    this.#queue.shift();
    this.#queuedBytes -= frame.length;
    this.#partAt = 0;
    this.#partIndex = 0;
  }
}
