import type { CutHow, OneDirection, Stage } from '@packetboat/proxy';
import type { Link } from '@packetboat/server';
import type { Timer } from '@packetboat/core';
import type { Timeline } from '../kernel/timeline.ts';
import { type Parcel, Wire } from './wire.ts';

/** What a server does with a connection. */
export interface ServerEnd {
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** The connection is gone, as far as this side can see. */
  gone(): void;
}

/** What the client's socket tells its program. */
export interface ClientEnd {
  opened(): void;
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  closed(code: number, reason: string): void;
}

/** What a {@linkcode SimConnection} needs. */
export interface SimConnectionOptions {
  /** From 1, in the order in which connections were asked for. */
  readonly number: number;
  /** Which life of which client asked for it. */
  readonly client: string;
  readonly timeline: Timeline;
  readonly clientEnd: ClientEnd;
  /** A frame arrives damaged: see {@linkcode WireOptions}. */
  readonly damaged: (direction: OneDirection, whole: boolean) => void;
  /** The server is about to send this; faults that begin now act on it. */
  readonly sighted: (what: string) => void;
  /** Neither end believes in it any more. */
  readonly closed: () => void;
  /** It ended while a frame in parts was on its way. */
  readonly cutInFrame: () => void;
}

/** Abnormal closure (RFC 6455 section 7.4.1). */
const abnormal = 1006;
const directions: readonly OneDirection[] = ['up', 'down'];
const messageType = /^\{"type":"(\w+)"/;
/** How frames begin: docs/protocol/session.md, section 4. */
const segmentFrame = 2;
const partFrame = 3;
const partHeaderBytes = 8;

/** A connection between two processes: two wires, and the two ends that see different things of it. */
export class SimConnection {
  readonly number: number;
  readonly client: string;
  readonly wires: Readonly<Record<OneDirection, Wire>>;
  readonly #options: SimConnectionOptions;
  /** Of the faults that cut it after a time. */
  readonly #timers = new Map<string, Timer>();
  #serverEnd: ServerEnd | undefined;
  #clientGone = false;
  #serverGone = false;

  constructor(options: SimConnectionOptions) {
    const { timeline } = options;
    this.#options = options;
    this.number = options.number;
    this.client = options.client;
    const wire = (direction: OneDirection, deliver: (parcel: Parcel) => void) => {
      const damaged = (whole: boolean) => options.damaged(direction, whole);
      return new Wire({ timeline, deliver, damaged, cut: () => this.cut() });
    };
    this.wires = {
      up: wire('up', (parcel) => this.#atServer(parcel)),
      down: wire('down', (parcel) => this.#atClient(parcel)),
    };
  }

  get open(): boolean {
    return !this.#clientGone || !this.#serverGone;
  }

  /** When all that is on its way will have come. */
  get drainedAtMs(): number {
    return Math.max(this.wires.up.drainedAtMs, this.wires.down.drainedAtMs);
  }

  /** What the server writes to. */
  get link(): Link {
    const { down } = this.wires;
    const { sighted } = this.#options;
    return {
      sendText: (text) => {
        if (this.#serverGone) return;
        const type = messageType.exec(text)?.[1];
        if (type !== undefined) sighted(type);
        // What was sighted may have ended the server.
        if (this.#serverGone) return;
        down.send({ kind: 'text', text });
      },
      sendBinary: (bytes) => {
        if (this.#serverGone) return;
        if (beginsSegment(bytes)) sighted('segment');
        down.send({ kind: 'binary', bytes: bytes.slice() });
      },
      close: (code, reason) => {
        if (this.#serverGone) return;
        down.send({ kind: 'close', code, reason });
        this.#endServer();
      },
      get bufferedBytes() {
        return down.bufferedBytes;
      },
    };
  }

  accepted(serverEnd: ServerEnd): void {
    this.#serverEnd = serverEnd;
    // A fault that lives in the link may have reset it before anybody was there.
    if (this.#serverGone) serverEnd.gone();
    // Both hear of it in the time that a message takes.
    this.#options.clientEnd.opened();
  }

  sendFromClient(parcel: Parcel): void {
    if (!this.#clientGone) this.wires.up.send(parcel);
  }

  /** The client closes: its end is gone when the farewell is under way. */
  closeFromClient(code: number, reason: string): void {
    if (this.#clientGone) return;
    this.wires.up.send({ kind: 'close', code, reason });
    this.#endClient(code, reason);
  }

  /** Lets a fault act on one direction until it is taken away by the same `name`. */
  addStage(name: string, direction: OneDirection, stage: Stage): void {
    this.wires[direction].addStage(name, stage);
    const { linkEnd, resetsSource } = stage;
    if (linkEnd !== undefined) {
      const timer = this.#options.timeline.after(linkEnd.afterMs, () => this.cut(linkEnd.how));
      this.#timers.set(`${name}/${direction}`, timer);
    }
    if (resetsSource === true) this.#resetSource(direction);
  }

  removeStages(name: string): void {
    for (const direction of directions) {
      this.wires[direction].removeStage(name);
      this.#timers.get(`${name}/${direction}`)?.cancel();
    }
  }

  /** Ends it if it lost something and nothing hides that any more: TCP never shows its ends a hole. */
  cutIfHoled(): void {
    if (Object.values(this.wires).some((wire) => wire.holed && wire.swallows === 'nothing')) this.cut();
  }

  /** An end that both sides see. */
  cut(_how: CutHow = 'reset'): void {
    this.#endServer();
    this.#endClient(abnormal, '');
    for (const wire of Object.values(this.wires)) wire.break();
  }

  /** The server's process is gone: its system says so behind what was sent, or nobody does (the machine lost power). */
  serverDied(silently: boolean): void {
    this.#serverGone = true;
    if (!silently) this.wires.down.send({ kind: 'close', code: abnormal, reason: '' });
    this.#closedIfOver();
  }

  /** The client's process is gone. */
  clientDied(silently: boolean): void {
    this.#clientGone = true;
    if (!silently) this.wires.up.send({ kind: 'close', code: abnormal, reason: '' });
    this.#closedIfOver();
  }

  #resetSource(direction: OneDirection): void {
    this.wires[direction].lose();
    if (direction === 'up') this.#endClient(abnormal, '');
    else this.#endServer();
  }

  #atServer(parcel: Parcel): void {
    if (this.#serverGone) return;
    if (parcel.kind === 'text') this.#serverEnd?.text(parcel.text);
    else if (parcel.kind === 'binary') this.#serverEnd?.binary(parcel.bytes);
    else this.#endServer();
  }

  #atClient(parcel: Parcel): void {
    if (this.#clientGone) return;
    const { clientEnd } = this.#options;
    if (parcel.kind === 'text') clientEnd.text(parcel.text);
    else if (parcel.kind === 'binary') clientEnd.binary(parcel.bytes);
    else this.#endClient(parcel.code, parcel.reason);
  }

  #endServer(): void {
    if (this.#serverGone) return;
    this.#serverGone = true;
    this.#noteCutFrame(this.wires.up);
    this.wires.up.break();
    this.#serverEnd?.gone();
    this.#closedIfOver();
  }

  #endClient(code: number, reason: string): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#noteCutFrame(this.wires.down);
    this.wires.down.break();
    this.#options.clientEnd.closed(code, reason);
    this.#closedIfOver();
  }

  #noteCutFrame(wire: Wire): void {
    if (wire.carriesPart) this.#options.cutInFrame();
  }

  #closedIfOver(): void {
    if (this.open) return;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#options.closed();
  }
}

/** A segment, whole or as the first of its parts. */
function beginsSegment(bytes: Uint8Array): boolean {
  if (bytes[0] !== partFrame) return bytes[0] === segmentFrame;
  const isFirst = bytes.subarray(4, partHeaderBytes).every((byte) => byte === 0);
  return isFirst && bytes[partHeaderBytes] === segmentFrame;
}
