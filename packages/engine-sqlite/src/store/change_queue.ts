import { type EngineListener, type Limits, PacketboatError, type Proof, type Segment } from '@packetboat/core';
import type { Change, StoreEvent } from './changes.ts';
import type { WriterAnswers } from './questions.ts';
import { byteCountOf, bytesOf, firstOf, fromWireError, isWireError, packChanges, type WireResult } from './wire.ts';

/** Commits one message at the storage thread. */
export type Commit = (packed: ReturnType<typeof packChanges>) => Promise<WriterAnswers['commit']>;

/** How a change ended, and the proofs of its commit. */
export interface Settled {
  readonly result: WireResult;
  readonly proofs: readonly Proof[];
}

interface Waiting {
  readonly change: Change;
  readonly bytes: number;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (error: Error) => void;
}

/** Changes that may wait, and that one commit takes at most. */
const changesMax = 65_536;
const changesAtOnce = 4_096;
/** While one commit syncs, a second message goes ahead only with this much: less is better gathered (P1, no timer). */
const aheadBytes = 524_288;

/**
 * Gathers changes into commits: adaptive group commit. What comes while the storage thread syncs waits here and goes
 * with the next message; a lone change goes at once.
 */
export class ChangeQueue {
  readonly #limits: Limits;
  readonly #commit: Commit;
  #listener: EngineListener | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  #scheduled = false;
  #stopped: PacketboatError | undefined;
  #idle: (() => void) | undefined;

  constructor(limits: Limits, commit: Commit) {
    this.#limits = limits;
    this.#commit = commit;
  }

  /** Bytes that wait for their commit. */
  get bytes(): number {
    return this.#waitingBytes + this.#inFlightBytes;
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0;
  }

  listen(listener: EngineListener): void {
    this.#listener = listener;
  }

  /** Stores a change. Rejects with `busy` beyond the limits, or the reason of {@linkcode stop}. */
  push(change: Change): Promise<Settled> {
    return new Promise((resolve, reject) => {
      const bytes = byteCountOf(change);
      const refusal = this.#stopped ?? this.#overLimit(bytes);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.#waiting.push({ change, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#schedule();
    });
  }

  /** Tells the listener what happened. @param taken The changes of the commit, which hold the segments' batches. */
  tell(events: readonly StoreEvent[], taken: readonly Pick<Waiting, 'change'>[] = []): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    for (const event of events) {
      if (event.kind === 'trimmed') listener.trimmed(event.info);
      else if (event.kind === 'deleted') listener.deleted(event.stream, event.incarnation);
      else if (event.kind === 'born') listener.born(event.made);
      else listener.segment(toSegment(event, taken));
    }
  }

  /** Takes nothing more; what waits is finished first. */
  async drain(reason: PacketboatError): Promise<void> {
    this.#stopped ??= reason;
    if (this.idle) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** Takes nothing more, and rejects what has not gone to the storage thread. */
  stop(reason: PacketboatError): void {
    this.#stopped = reason;
    const rejected = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { reject } of rejected) reject(reason);
  }

  #overLimit(bytes: number): PacketboatError | undefined {
    const { appendQueueBytesMax } = this.#limits;
    // One that is larger than the limit would else be refused for ever, though nothing waits.
    const fits = this.bytes === 0 || this.bytes + bytes <= appendQueueBytesMax;
    if (fits && this.#waiting.length < changesMax) return undefined;
    const message = `Appends of ${this.bytes} bytes wait, the limit is ${appendQueueBytesMax}`;
    return new PacketboatError('busy', message, { retryAfterMs: 1_000 });
  }

  /** Waits until the current turn has pushed all it has. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#waiting.length > 0) {
      const ahead = this.#inFlight === 1 && this.#waitingBytes >= aheadBytes;
      if (this.#inFlight > 0 && !ahead) return;
      void this.#sendOne(this.#take());
    }
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: more } of this.#waiting) {
      bytes += more;
      if (count > 0 && (bytes > this.#limits.commitBytesMax || count >= changesAtOnce)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #sendOne(taken: readonly Waiting[]): Promise<void> {
    const bytes = taken.reduce((sum, waiting) => sum + waiting.bytes, 0);
    this.#waitingBytes -= bytes;
    this.#inFlight += 1;
    this.#inFlightBytes += bytes;
    try {
      const committed = await this.#commit(packChanges(taken.map(({ change }) => change)));
      this.tell(committed.events, taken);
      for (const [index, { resolve, reject }] of taken.entries()) {
        const result = committed.results[index];
        if (isWireError(result)) reject(fromWireError(result));
        else if (result !== undefined) resolve({ result, proofs: committed.proofs });
      }
    } catch (error) {
      for (const { reject } of taken) reject(error as Error);
    } finally {
      this.#inFlight -= 1;
      this.#inFlightBytes -= bytes;
      this.#send();
      if (this.idle) this.#idle?.();
    }
  }
}

/** The segment with its batches, from the callers' bytes. */
function toSegment(event: StoreEvent & { kind: 'segment' }, taken: readonly Pick<Waiting, 'change'>[]): Segment {
  const creating = event.first === undefined ? undefined : taken[event.first]?.change;
  const first = creating && firstOf(creating);
  const pieces = first === undefined ? [] : [first.bytes];
  for (const index of event.changes) {
    const change = taken[index]?.change;
    const piece = change && bytesOf(change);
    if (piece !== undefined) pieces.push(piece);
  }
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { ...event.segment, bytes };
}
