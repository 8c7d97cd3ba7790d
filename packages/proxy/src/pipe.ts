import type { Socket } from 'node:net';
import type { Timer, World } from '@packetboat/core';
import type { Stage } from './fault_kind.ts';

/** Told of what passes; the proxy's counters. */
export interface PipeMeter {
  readonly passed: (byteCount: number) => void;
  readonly swallowed: (byteCount: number) => void;
}

/** Bytes on their way; without bytes: the end. */
interface Piece {
  readonly bytes: Uint8Array | undefined;
  readonly leaveMs: number;
}

/** Bytes held for one direction of one link while no fault says otherwise. One read may exceed it. */
const heldBytesMaxDefault = 1_048_576;

/**
 * One direction of a link: reads from one socket, lets the bytes pass all stages, writes them to the other socket.
 * Bytes that are already on their way when a fault begins or ends keep their time. A sink that does not drain, or
 * as many bytes held as the stages allow, stop the reading.
 */
export class Pipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #world: World;
  readonly #meter: PipeMeter;
  readonly #stages = new Map<object, Stage>();
  /** First in, first out: a piece that may leave waits for those before it, so nothing is reordered. */
  readonly #queue: Piece[] = [];
  #heldBytes = 0;
  #timer: Timer | undefined;
  #sinkFull = false;
  #stopped = false;
  #holed = false;

  constructor(source: Socket, sink: Socket, world: World, meter: PipeMeter) {
    this.#source = source;
    this.#sink = sink;
    this.#world = world;
    this.#meter = meter;
    source.on('data', (bytes: Uint8Array) => this.#take(bytes));
    source.on('end', () => this.#takeEnd());
    sink.on('drain', () => {
      this.#sinkFull = false;
      this.#pump();
    });
  }

  /** Lets `stage` act until `removeStage` is called with the same `key`. */
  addStage(key: object, stage: Stage): void {
    this.#stages.set(key, stage);
  }

  removeStage(key: object): void {
    this.#stages.delete(key);
  }

  /** Whether bytes, or also the end, vanish at present. */
  get swallows(): 'nothing' | 'bytes' | 'everything' {
    let most: 'nothing' | 'bytes' = 'nothing';
    for (const { swallows } of this.#stages.values()) {
      if (swallows === 'everything') return swallows;
      if (swallows === 'bytes') most = swallows;
    }
    return most;
  }

  /**
   * Whether something was lost that TCP would have sent again. Nothing may follow it: a stream with a hole must end,
   * for the ends of a TCP connection never see one.
   */
  get holed(): boolean {
    return this.#holed;
  }

  /** Notes a loss that is no byte: a beginning or an end that vanished. */
  lose(): void {
    this.#holed = true;
  }

  /** Forgets everything that is on its way. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#queue.length = 0;
    this.#heldBytes = 0;
  }

  #take(bytes: Uint8Array): void {
    if (this.#stopped) return;
    if (this.swallows !== 'nothing') {
      this.#holed = true;
      this.#meter.swallowed(bytes.length);
      return;
    }
    let pieceBytes = bytes.length;
    for (const { pieceBytesMax } of this.#stages.values())
      pieceBytes = Math.min(pieceBytes, pieceBytesMax ?? pieceBytes);
    for (let at = 0; at < bytes.length; at += pieceBytes) this.#enqueue(bytes.subarray(at, at + pieceBytes));
    if (this.#heldBytes >= this.#heldBytesMax()) this.#source.pause();
    this.#pump();
  }

  #takeEnd(): void {
    if (this.#stopped) return;
    if (this.swallows === 'everything') {
      this.#holed = true;
      return;
    }
    this.#enqueue(undefined);
    this.#pump();
  }

  #enqueue(bytes: Uint8Array | undefined): void {
    const byteCount = bytes?.length ?? 0;
    let leaveMs = this.#world.clock.monotonicMs();
    for (const stage of this.#stages.values()) leaveMs = stage.leaveMs?.(byteCount, leaveMs) ?? leaveMs;
    this.#queue.push({ bytes, leaveMs });
    this.#heldBytes += byteCount;
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const nowMs = this.#world.clock.monotonicMs();
    for (let piece = this.#queue[0]; piece !== undefined && !this.#sinkFull; piece = this.#queue[0]) {
      if (piece.leaveMs > nowMs) {
        this.#timer = this.#world.timers.after(piece.leaveMs - nowMs, () => this.#pump());
        break;
      }
      this.#queue.shift();
      this.#write(piece.bytes);
    }
    if (this.#source.isPaused() && this.#heldBytes < this.#heldBytesMax() && !this.#stopped) this.#source.resume();
  }

  #write(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      this.#sink.end();
      return;
    }
    this.#heldBytes -= bytes.length;
    this.#meter.passed(bytes.length);
    this.#sinkFull = !this.#sink.write(bytes) && !this.#sink.destroyed;
  }

  #heldBytesMax(): number {
    let most = heldBytesMaxDefault;
    for (const { heldBytesMax } of this.#stages.values()) most = Math.min(most, heldBytesMax ?? most);
    return most;
  }
}
