import type { Socket } from 'node:net';
import type { Timer, World } from '@packetboat/core';
import type { Cut, CutHow, Stage } from './fault_kind.ts';
import { Fifo } from './fifo.ts';
import type { Watcher } from './watcher.ts';

/** What a {@linkcode Pipe} needs. */
export interface PipeOptions {
  readonly source: Socket;
  readonly sink: Socket;
  readonly world: World;
  /** Looks at everything before the stages do. @default nobody looks */
  readonly watcher?: Watcher | undefined;
  /** The watcher saw the beginning of something, all before it has left, and nothing of it has. */
  readonly sighted: (what: string) => void;
  /** Bytes were handed on, or vanished. */
  readonly passed: (byteCount: number) => void;
  readonly swallowed: (byteCount: number) => void;
  /** A stage cuts the connection here. */
  readonly cut: (how: CutHow) => void;
}

/** What came in: bytes, the name of what the next bytes begin, or the end. */
interface Arrival {
  readonly what: Uint8Array | string | End;
  readonly atMs: number;
}

/** What is on its way out. */
interface Departure {
  readonly what: Uint8Array | Cut | End;
  readonly leaveMs: number;
}

type End = typeof end;
const end = Symbol('end');

/** Bytes held for one direction of one link while no fault says otherwise. One read may exceed it. */
const heldBytesMaxDefault = 1_048_576;

/**
 * One direction of a link: reads from one socket, lets the bytes pass all stages, writes them to the other socket, one
 * piece after the other. Bytes that are already on their way when a fault begins or ends keep their time. A sink that
 * does not take them, or as many bytes held as the stages allow, stop the reading.
 */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #stages = new Map<string, Stage>();
  /** What waits for something sighted before it; empty unless somebody watches. */
  readonly #arrivals = new Fifo<Arrival>();
  /** First in, first out: a piece that may leave waits for those before it, so nothing is reordered. */
  readonly #departures = new Fifo<Departure>();
  #heldBytes = 0;
  #passedBytes = 0;
  #timer: Timer | undefined;
  /** The sink takes nothing now: it is not connected, or the last piece is not yet with the system. */
  #sinkBusy = true;
  #stopped = false;
  #holed = false;

  constructor(options: PipeOptions) {
    this.#options = options;
    options.source.on('data', (bytes: Uint8Array) => this.#take(bytes));
    options.source.on('end', () => this.#takeEnd());
  }

  /** The sink is connected. */
  open(): void {
    this.#sinkBusy = false;
    this.#pump();
  }

  /** Lets `stage` act until `removeStage` is called with the same `name`. */
  addStage(name: string, stage: Stage): void {
    this.#stages.set(name, stage);
  }

  removeStage(name: string): void {
    this.#stages.delete(name);
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

  get passedBytes(): number {
    return this.#passedBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether something waits for the sink, and not for a fault. */
  get awaitsSink(): boolean {
    return this.#sinkBusy && this.#heldBytes > 0;
  }

  /** Whether a fault keeps something back. */
  get delayed(): boolean {
    return this.#timer !== undefined || this.swallows !== 'nothing';
  }

  /** Notes a loss that is no byte: a beginning or an end that vanished. */
  lose(): void {
    this.#holed = true;
  }

  /** Forgets everything that is on its way. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#arrivals.clear();
    this.#departures.clear();
    this.#heldBytes = 0;
  }

  #take(bytes: Uint8Array): void {
    if (this.#stopped) return;
    this.#arrive(this.#options.watcher?.read(bytes) ?? [bytes]);
  }

  #takeEnd(): void {
    if (this.#stopped) return;
    const rest = this.#options.watcher?.end();
    this.#arrive(rest === undefined || rest.length === 0 ? [end] : [rest, end]);
  }

  #arrive(items: Iterable<Uint8Array | string | End>): void {
    const atMs = this.#options.world.clock.monotonicMs();
    for (const what of items) {
      this.#arrivals.push({ what, atMs });
      if (what instanceof Uint8Array) this.#heldBytes += what.length;
    }
    this.#pump();
    if (this.#heldBytes >= this.#heldBytesMax()) this.#options.source.pause();
  }

  /** Lets go what may, in order, and what arrived behind it. */
  #pump(): void {
    do this.#depart();
    while (this.#passNext());
    const { source } = this.#options;
    if (source.isPaused() && this.#heldBytes < this.#heldBytesMax() && !this.#stopped) source.resume();
  }

  /** Hands the next arrival to the stages, if there is one. Something sighted waits until all before it has left. */
  #passNext(): boolean {
    const arrival = this.#arrivals.first;
    if (arrival === undefined) return false;
    const { what, atMs } = arrival;
    if (typeof what === 'string' && (this.#departures.length > 0 || this.#sinkBusy)) return false;
    this.#arrivals.shift();
    if (typeof what === 'string') this.#options.sighted(what);
    else if (what === end) this.#passEnd(atMs);
    else this.#passBytes(what, atMs);
    return true;
  }

  #passBytes(bytes: Uint8Array, atMs: number): void {
    this.#heldBytes -= bytes.length;
    if (this.swallows !== 'nothing') {
      this.#swallow(bytes.length);
      return;
    }
    let pieces: (Uint8Array | Cut)[] = [bytes];
    for (const stage of this.#stages.values()) {
      pieces = pieces.flatMap((piece) =>
        piece instanceof Uint8Array ? [...(stage.pieces?.(piece) ?? [piece])] : [piece],
      );
    }
    for (const piece of pieces) {
      const byteCount = piece instanceof Uint8Array ? piece.length : 0;
      this.#heldBytes += byteCount;
      this.#departures.push({ what: piece, leaveMs: this.#leaveMs(byteCount, atMs) });
    }
  }

  #passEnd(atMs: number): void {
    if (this.swallows === 'everything') {
      this.#holed = true;
      return;
    }
    let leaveMs = this.#leaveMs(0, atMs);
    for (const stage of this.#stages.values()) leaveMs = stage.endMs?.(leaveMs) ?? leaveMs;
    this.#departures.push({ what: end, leaveMs });
  }

  #leaveMs(byteCount: number, atMs: number): number {
    let leaveMs = atMs;
    for (const stage of this.#stages.values()) leaveMs = stage.leaveMs?.(byteCount, leaveMs) ?? leaveMs;
    return leaveMs;
  }

  #depart(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock, timers } = this.#options.world;
    const nowMs = clock.monotonicMs();
    for (let next = this.#departures.first; next !== undefined && !this.#sinkBusy; next = this.#departures.first) {
      if (next.leaveMs > nowMs) {
        this.#timer = timers.after(next.leaveMs - nowMs, () => this.#pump());
        return;
      }
      this.#departures.shift();
      this.#send(next.what);
    }
  }

  #send(what: Uint8Array | Cut | End): void {
    const { sink, passed, cut } = this.#options;
    if (what === end) {
      sink.end();
    } else if (!(what instanceof Uint8Array)) {
      cut(what.cut);
    } else if (sink.destroyed) {
      this.#heldBytes -= what.length;
      this.#swallow(what.length);
    } else {
      this.#sinkBusy = true;
      sink.write(what, () => {
        if (this.#stopped) return;
        this.#sinkBusy = false;
        this.#heldBytes -= what.length;
        this.#pump();
      });
      this.#passedBytes += what.length;
      passed(what.length);
    }
  }

  #swallow(byteCount: number): void {
    this.#holed = true;
    this.#options.swallowed(byteCount);
  }

  #heldBytesMax(): number {
    let most = heldBytesMaxDefault;
    for (const { heldBytesMax } of this.#stages.values()) most = Math.min(most, heldBytesMax ?? most);
    return most;
  }
}
