import type { AppendDecision, ProducerState, StreamState } from './append.ts';
import type { Batch } from './batch.ts';
import type { Limits } from './limits.ts';
import type { World } from './ports.ts';
import type { AppendRequest, CreateOptions, Segment, StreamInfo } from './store.ts';

/** A segment and what retention asks about it. */
interface Stored {
  readonly segment: Segment;
  readonly payloadBytes: number;
  readonly storedNs: bigint;
}

/** One incarnation of one stream of the memory engine. */
export class MemoryStream {
  readonly #name: string;
  readonly #options: CreateOptions;
  readonly #world: World;
  readonly #incarnation: string;
  readonly #createdNs: bigint;
  readonly #producers = new Map<string, ProducerState>();
  readonly #keys = new Map<string, number>();
  #stored: Stored[] = [];
  /** Batches taken since the last segment. */
  #taken: Batch[] = [];
  /** Where the taken batches begin. */
  #sealed = { tail: 0, checksum: 0 };
  #first = { offset: 0, checksum: 0 };
  #tail = 0;
  #checksum = 0;
  #batchBytes = 0;
  #payloadBytes = 0;
  #closed = false;
  #streamSeq: string | undefined;

  constructor(name: string, incarnation: string, options: CreateOptions, world: World) {
    this.#name = name;
    this.#incarnation = incarnation;
    this.#options = options;
    this.#world = world;
    this.#createdNs = world.clock.wallNs();
  }

  get state(): StreamState {
    return {
      incarnation: this.#incarnation,
      tail: this.#tail,
      closed: this.#closed,
      contentType: this.#contentType,
      streamSeq: this.#streamSeq,
      producerCount: this.#producers.size,
    };
  }

  get info(): StreamInfo {
    return {
      stream: this.#name,
      incarnation: this.#incarnation,
      contentType: this.#contentType,
      createdNs: this.#createdNs,
      retention: this.#options.retention ?? {},
      closed: this.#closed,
      first: this.#first.offset,
      firstChecksum: this.#first.checksum,
      tail: this.#tail,
      checksum: this.#checksum,
      bytes: this.#batchBytes,
      loss: undefined,
    };
  }

  get #contentType(): string {
    return this.#options.contentType ?? 'application/octet-stream';
  }

  producer(id: string): ProducerState | undefined {
    return this.#producers.get(id);
  }

  /** Offset of the append that carried `key` first. */
  keyOffset(key: string): number | undefined {
    return this.#keys.get(key);
  }

  /** Takes a batch that was decided to be appended; {@linkcode seal} stores it. */
  take(request: AppendRequest, decision: AppendDecision & { kind: 'appended' }): void {
    const { batch, key, streamSeq } = request;
    this.#taken.push(batch);
    this.#tail += batch.count;
    this.#checksum = this.#world.crc32(batch.payload, this.#checksum);
    this.#closed = batch.close;
    if (batch.producer !== undefined && decision.producer !== undefined) {
      this.#producers.set(batch.producer.id, decision.producer);
    }
    if (key !== undefined) this.#keys.set(key, decision.offset);
    if (streamSeq !== undefined) this.#streamSeq = streamSeq;
  }

  /** Stores what was taken: one segment, or more where `segmentBytesMax` demands it. */
  seal(limits: Limits): Segment[] {
    const segments: Segment[] = [];
    while (this.#taken.length > 0) {
      let bytes = 0;
      const end = this.#taken.findIndex((batch, index) => {
        bytes += batch.bytes.length;
        return index > 0 && bytes > limits.segmentBytesMax;
      });
      segments.push(this.#store(this.#taken.splice(0, end === -1 ? this.#taken.length : end)));
    }
    return segments;
  }

  #store(batches: readonly Batch[]): Segment {
    const { tail: base, checksum: checksumBefore } = this.#sealed;
    let [tail, checksum, payloadBytes] = [base, checksumBefore, 0];
    for (const batch of batches) {
      tail += batch.count;
      checksum = this.#world.crc32(batch.payload, checksum);
      payloadBytes += batch.payload.length;
    }
    const segment: Segment = {
      stream: this.#name,
      incarnation: this.#incarnation,
      base,
      count: tail - base,
      checksumBefore,
      checksumAfter: checksum,
      bytes: sideBySide(batches.map((batch) => batch.bytes)),
      close: batches.at(-1)?.close === true,
    };
    this.#stored.push({ segment, payloadBytes, storedNs: this.#world.clock.wallNs() });
    this.#batchBytes += segment.bytes.length;
    this.#payloadBytes += payloadBytes;
    this.#sealed = { tail, checksum };
    return segment;
  }

  /** Segments from the one that holds `from`, at most `bytesMax` bytes but at least one. */
  read(from: number, bytesMax: number): Segment[] {
    const segments: Segment[] = [];
    if (from === this.#tail) return segments;
    const start = this.#stored.findIndex(({ segment }) => segment.base + segment.count > from);
    let bytes = 0;
    for (const { segment } of this.#stored.slice(start)) {
      bytes += segment.bytes.length;
      if (segments.length > 0 && bytes > bytesMax) break;
      segments.push(segment);
    }
    return segments;
  }

  /** Drops segments that end at or before `before`. @returns whether any was. */
  trim(before: number): boolean {
    return this.#dropWhile(({ segment }) => segment.base + segment.count <= before);
  }

  /** Drops what retention no longer keeps; the newest segment always stays. @returns whether any was. */
  retain(): boolean {
    const { ageMsMax = Infinity, bytesMax = Infinity } = this.#options.retention ?? {};
    const nowNs = this.#world.clock.wallNs();
    const newest = this.#stored.at(-1);
    return this.#dropWhile((stored) => {
      const ageMs = Number((nowNs - stored.storedNs) / 1_000_000n);
      return stored !== newest && (ageMs > ageMsMax || this.#payloadBytes > bytesMax);
    });
  }

  #dropWhile(condition: (stored: Stored) => boolean): boolean {
    let dropped = false;
    for (let oldest = this.#stored[0]; oldest !== undefined && condition(oldest); oldest = this.#stored[0]) {
      this.#stored.shift();
      this.#batchBytes -= oldest.segment.bytes.length;
      this.#payloadBytes -= oldest.payloadBytes;
      this.#first = {
        offset: oldest.segment.base + oldest.segment.count,
        checksum: oldest.segment.checksumAfter,
      };
      dropped = true;
    }
    return dropped;
  }
}

function sideBySide(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
