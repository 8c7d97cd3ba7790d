import type { AppendDecision, ProducerState, StreamState } from './append.ts';
import { type Batch, openBatches } from './batch.ts';
import { defaultContentType } from './content_type.ts';
import { cutFork, type ForkRefused } from './decide_fork.ts';
import { DueQueue } from './due_queue.ts';
import type { Limits } from './limits.ts';
import type { World } from './ports.ts';
import { storedLimits } from './stored_limits.ts';
import type { AppendRequest, CreateOptions, ForkPoint, Segment, StreamInfo } from './store.ts';

/** A segment and what retention asks about it. */
export interface Stored {
  readonly segment: Segment;
  readonly payloadBytes: number;
  readonly storedNs: bigint;
}

/** What a fork begins with. */
export interface Inheritance {
  readonly source: MemoryStream;
  readonly point: Required<ForkPoint>;
  /** Segments that it has in common with its source. */
  readonly shared: readonly Stored[];
  /** What it has of the segment that follows, and when that was stored. */
  readonly own: readonly Batch[];
  readonly ownStoredNs: bigint | undefined;
}

/** One incarnation of one stream of the memory engine. */
export class MemoryStream {
  /** Whether it was deleted; then forks still read it. */
  deleted = false;
  /** Forks of it that are not gone. */
  forks = 0;
  readonly #name: string;
  readonly #lineage: string;
  readonly #options: Required<Pick<CreateOptions, 'contentType' | 'retention' | 'lifetime'>>;
  readonly #world: World;
  readonly #incarnation: string;
  readonly #inheritance: Inheritance | undefined;
  readonly #createdNs: bigint;
  readonly #producers = new Map<string, ProducerState>();
  /** Offsets by idempotency key. */
  readonly #keys = new Map<string, number>();
  /** When keys end that do not live as long as the stream. */
  readonly #keyEnds = new DueQueue<string>();
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

  constructor(name: string, incarnation: string, options: CreateOptions, world: World, inheritance?: Inheritance) {
    const source = inheritance?.source.info;
    const { contentType = source?.contentType ?? defaultContentType } = options;
    const { retention = {}, lifetime = source?.lifetime ?? {} } = options;
    this.#name = name;
    this.#incarnation = incarnation;
    this.#lineage = source?.lineage ?? incarnation;
    this.#options = { contentType, retention, lifetime };
    this.#world = world;
    this.#inheritance = inheritance;
    this.#createdNs = world.clock.wallNs();
    if (inheritance !== undefined) this.#begin(inheritance);
  }

  get name(): string {
    return this.#name;
  }

  /** The stream that this one is a fork of. */
  get source(): MemoryStream | undefined {
    return this.#inheritance?.source;
  }

  /** 0 for a stream that is no fork, one more for each fork. */
  get depth(): number {
    return this.source === undefined ? 0 : this.source.depth + 1;
  }

  get state(): StreamState {
    return {
      incarnation: this.#incarnation,
      tail: this.#tail,
      closed: this.#closed,
      contentType: this.#options.contentType,
      streamSeq: this.#streamSeq,
      producerCount: this.#producers.size,
    };
  }

  get info(): StreamInfo {
    return {
      stream: this.#name,
      incarnation: this.#incarnation,
      lineage: this.#lineage,
      createdNs: this.#createdNs,
      ...this.#options,
      fork: this.#inheritance?.point,
      closed: this.#closed,
      first: this.#first.offset,
      firstChecksum: this.#first.checksum,
      tail: this.#tail,
      checksum: this.#checksum,
      bytes: this.#batchBytes,
      loss: undefined,
    };
  }

  producer(id: string): ProducerState | undefined {
    return this.#producers.get(id);
  }

  /** Offset of the append that carried `key` first. */
  keyOffset(key: string): number | undefined {
    const nowMs = this.#world.clock.monotonicMs();
    for (let first = this.#keyEnds.first; first !== undefined && first.dueMs <= nowMs; first = this.#keyEnds.first) {
      this.#keyEnds.delete(first.item);
      this.#keys.delete(first.item);
    }
    return this.#keys.get(key);
  }

  /** What a fork at `point` begins with. What this stream took is sealed already. */
  inherit(point: Required<ForkPoint>): Inheritance | ForkRefused {
    // A segment that closes this stream would close the fork.
    const isShared = ({ segment }: Stored) => segment.base + segment.count <= point.offset && !segment.close;
    const shared = this.#stored.filter(isShared);
    const next = this.#stored[shared.length];
    const { crc32 } = this.#world;
    const own = cutFork(next?.segment, point, this.info, crc32, storedLimits);
    if ('kind' in own) return own;
    const batches = own.flatMap((bytes) => openBatches(bytes, crc32, storedLimits));
    return { source: this, point, shared, own: batches, ownStoredNs: next?.storedNs };
  }

  #begin({ source, shared, own, ownStoredNs }: Inheritance): void {
    this.#first = source.#first;
    this.#sealed = { tail: source.#first.offset, checksum: source.#first.checksum };
    for (const { segment, payloadBytes, storedNs } of shared) {
      const ours = { ...segment, stream: this.#name, incarnation: this.#incarnation };
      this.#keep({ segment: ours, payloadBytes, storedNs });
    }
    if (own.length > 0) this.#store(own, ownStoredNs);
    this.#tail = this.#sealed.tail;
    this.#checksum = this.#sealed.checksum;
  }

  /** Takes a batch that was decided to be appended; {@linkcode seal} stores it. */
  take(request: AppendRequest, decision: AppendDecision & { kind: 'appended' }): void {
    const { batch, key, keyMs, streamSeq } = request;
    this.#taken.push(batch);
    this.#tail += batch.count;
    this.#checksum = this.#world.crc32(batch.payload, this.#checksum);
    this.#closed = batch.close;
    if (batch.producer !== undefined && decision.producer !== undefined) {
      this.#producers.set(batch.producer.id, decision.producer);
    }
    if (key !== undefined) this.#keys.set(key, decision.offset);
    if (key !== undefined && keyMs !== undefined)
      this.#keyEnds.set(key, Math.ceil(this.#world.clock.monotonicMs() + keyMs));
    if (streamSeq !== undefined) this.#streamSeq = streamSeq;
  }

  /** Takes a batch about which nothing is to be decided. */
  takePlain(batch: Batch): void {
    this.take({ stream: this.#name, batch }, { kind: 'appended', offset: this.#tail, producer: undefined });
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

  #store(batches: readonly Batch[], storedNs = this.#world.clock.wallNs()): Segment {
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
    this.#keep({ segment, payloadBytes, storedNs });
    return segment;
  }

  #keep(stored: Stored): void {
    const { base, count, checksumAfter, bytes } = stored.segment;
    this.#stored.push(stored);
    this.#batchBytes += bytes.length;
    this.#payloadBytes += stored.payloadBytes;
    this.#sealed = { tail: base + count, checksum: checksumAfter };
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

  /** Where the first segment begins that was stored at `timeNs` or later; else the tail. */
  offsetAtTime(timeNs: bigint): number {
    return this.#stored.find(({ storedNs }) => storedNs >= timeNs)?.segment.base ?? this.#tail;
  }

  /** Drops segments that end at or before `before`. @returns whether any was. */
  trim(before: number): boolean {
    return this.#dropWhile(({ segment }) => segment.base + segment.count <= before);
  }

  /** Drops what retention no longer keeps; the newest segment always stays. @returns whether any was. */
  retain(): boolean {
    const { ageMsMax = Infinity, bytesMax = Infinity } = this.#options.retention;
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
