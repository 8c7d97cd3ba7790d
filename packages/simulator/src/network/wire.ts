import type { Cut, CutHow, Stage } from '@packetboat/proxy';
import type { Timeline } from '../kernel/timeline.ts';

/** What travels: one WebSocket message, or the end of the connection. */
export type Parcel =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

/** What a {@linkcode Wire} needs. */
export interface WireOptions {
  readonly timeline: Timeline;
  readonly deliver: (parcel: Parcel) => void;
  /** A frame that was damaged on its way is about to be delivered; not `whole`: it is a part, and not the last one. */
  readonly damaged: (whole: boolean) => void;
  /** A stage cuts the connection here. */
  readonly cut: (how: CutHow) => void;
}

/** What a kernel takes from a program before the program notices that nothing leaves. */
const kernelBufferBytes = 65_536;
/** Nothing arrives at the moment at which it was sent: what answers itself would stop the time. */
const leastMs = 0.05;
/** How a binary message begins that is a part of a frame, and its last one: docs/protocol/session.md, section 4. */
const partFrame = 3;
const lastPart = 1;

const encoder = new TextEncoder();

/**
 * One direction of a connection. Messages pass the same stages of faults that the proxy's bytes pass; they come out in
 * order, late, or never.
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #stages = new Map<string, Stage>();
  /** Frames in parts that are on their way. */
  readonly #parts = new Set<Parcel>();
  #lastAtMs = 0;
  #queuedBytes = 0;
  #broken = false;
  #holed = false;
  /** A part of the frame whose parts are arriving came damaged. */
  #partDamaged = false;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** Bytes that the program sees waiting. */
  get bufferedBytes(): number {
    return Math.max(0, this.#queuedBytes - kernelBufferBytes);
  }

  /** When all that is on its way will have come: what a slow link has taken leaves as slowly when the link is fast again. */
  get drainedAtMs(): number {
    return this.#lastAtMs;
  }

  /** Whether something was lost that TCP would have sent again: nothing may follow it. */
  get holed(): boolean {
    return this.#holed;
  }

  /** Whether messages, or also the beginning and the end, vanish at present. */
  get swallows(): 'nothing' | 'bytes' | 'everything' {
    let most: 'nothing' | 'bytes' = 'nothing';
    for (const { swallows } of this.#stages.values()) {
      if (swallows === 'everything') return swallows;
      if (swallows === 'bytes') most = swallows;
    }
    return most;
  }

  /** Whether a part of a frame is on its way, and not the whole frame has come. */
  get carriesPart(): boolean {
    return this.#parts.size > 0;
  }

  addStage(name: string, stage: Stage): void {
    this.#stages.set(name, stage);
  }

  removeStage(name: string): void {
    this.#stages.delete(name);
  }

  /** Notes a loss that is no message: a beginning or an end that vanished. */
  lose(): void {
    this.#holed = true;
  }

  send(parcel: Parcel): void {
    if (this.#broken) return;
    if (parcel.kind === 'close') return this.#sendEnd(parcel);
    const bytes = parcel.kind === 'text' ? encoder.encode(parcel.text) : parcel.bytes;
    this.#queuedBytes += bytes.length;
    if (this.#holed || this.swallows !== 'nothing') {
      this.#holed = true;
      return;
    }
    const pieces = this.#pieces(bytes);
    const cutAt = pieces.findIndex((piece) => !(piece instanceof Uint8Array));
    const passing = (cutAt === -1 ? pieces : pieces.slice(0, cutAt)).filter((piece) => piece instanceof Uint8Array);
    for (const piece of passing) this.#lastAtMs = Math.max(this.#lastAtMs, this.#leaveMs(piece.length));
    const arriving = joined(passing);
    if (parcel.kind === 'binary' && parcel.bytes[0] === partFrame) this.#parts.add(parcel);
    this.#at(() => {
      this.#queuedBytes -= bytes.length;
      // A message that came in pieces and not whole is none; one that grew has broken the framing.
      if (arriving.length !== bytes.length) return arriving.length > bytes.length && this.#options.cut('reset');
      this.#parts.delete(parcel);
      return this.#arrive(parcel, bytes, arriving);
    });
    const cut = pieces[cutAt];
    if (cut !== undefined && !(cut instanceof Uint8Array)) this.#at(() => this.#options.cut(cut.cut));
  }

  /** What is on its way is lost, and nothing more is taken. */
  break(): void {
    this.#broken = true;
  }

  #sendEnd(parcel: Parcel): void {
    if (this.swallows === 'everything' || this.#holed) {
      this.#holed = true;
      return;
    }
    let leaveMs = this.#leaveMs(0);
    for (const stage of this.#stages.values()) leaveMs = stage.endMs?.(leaveMs) ?? leaveMs;
    this.#lastAtMs = Math.max(this.#lastAtMs, leaveMs);
    this.#at(() => this.#options.deliver(parcel));
  }

  #pieces(bytes: Uint8Array): (Uint8Array | Cut)[] {
    let pieces: (Uint8Array | Cut)[] = [bytes];
    for (const { pieces: split } of this.#stages.values()) {
      if (split === undefined) continue;
      pieces = pieces.flatMap((piece) => (piece instanceof Uint8Array ? [...split(piece)] : [piece]));
    }
    return pieces;
  }

  #leaveMs(byteCount: number): number {
    const { nowMs } = this.#options.timeline;
    let leaveMs = nowMs;
    for (const stage of this.#stages.values()) leaveMs = stage.leaveMs?.(byteCount, leaveMs) ?? leaveMs;
    return Math.max(leaveMs, nowMs + leastMs);
  }

  #at(run: () => unknown): void {
    this.#options.timeline.at(this.#lastAtMs, () => {
      if (!this.#broken) run();
    });
  }

  /** Frames carry CRCs, so they arrive damaged. Texts carry none: a damaged one stands for what TLS finds, and cuts. */
  #arrive(parcel: Parcel, sent: Uint8Array, arriving: Uint8Array): void {
    const damaged = sent !== arriving && Buffer.compare(sent, arriving) !== 0;
    if (parcel.kind === 'binary') {
      this.#tellDamage(sent, damaged);
      this.#options.deliver({ kind: 'binary', bytes: arriving });
    } else if (damaged) this.#options.cut('reset');
    else this.#options.deliver(parcel);
  }

  /** With its last part, a frame is damaged that had a damaged one. */
  #tellDamage(sent: Uint8Array, damaged: boolean): void {
    const isPart = sent[0] === partFrame;
    const whole = !isPart || sent[1] === lastPart;
    if (damaged || (isPart && whole && this.#partDamaged)) this.#options.damaged(whole);
    if (isPart) this.#partDamaged = !whole && (this.#partDamaged || damaged);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
