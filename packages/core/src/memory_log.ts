import { decideAppend } from './append.ts';
import { openBatch, sealBatch } from './batch.ts';
import { CommitMeter } from './commit_meter.ts';
import type { ForkRefused } from './decide_fork.ts';
import { PacketboatError } from './errors.ts';
import type { EngineListener, EngineLog } from './expiring_log.ts';
import { isMortal } from './lifetime.ts';
import type { Limits } from './limits.ts';
import { MemoryProofs } from './memory_proofs.ts';
import type { MemoryStream } from './memory_stream.ts';
import { MemoryStreams } from './memory_streams.ts';
import { quoted } from './names.ts';
import type { World } from './ports.ts';
import type {
  Absence,
  AppendOutcome,
  AppendRequest,
  CreateOptions,
  CreateOutcome,
  Proof,
  ReadOutcome,
  StreamInfo,
} from './store.ts';

/** A change that waits for its commit. */
interface Waiting {
  readonly bytes: number;
  /** Applies the change. @returns what settles its caller, once the listener was told. */
  readonly apply: () => () => void;
}

/**
 * The memory engine's Log. All changes stand in one queue; the changes of one turn are one commit, which stores
 * one segment per stream. Reads see what is committed.
 */
export class MemoryLog implements EngineLog {
  readonly #world: World;
  readonly #limits: Limits;
  readonly #proofs: MemoryProofs;
  readonly #streams: MemoryStreams;
  /** Streams that took batches and have not stored them as segments. */
  readonly #unsealed = new Set<MemoryStream>();
  #queue: Waiting[] = [];
  #listener: EngineListener | undefined;
  #stopped = false;
  #counters = { commits: 0, appendedBatches: 0, appendedBytes: 0, queuedBytes: 0 };
  #segments = 0;
  readonly #meter = new CommitMeter();

  constructor(storeId: string, world: World, limits: Limits) {
    this.#world = world;
    this.#limits = limits;
    this.#streams = new MemoryStreams(world, limits);
    this.#proofs = new MemoryProofs(storeId, world);
  }

  /** The Log's part of the store's health. */
  get counters() {
    return { ...this.#counters, streams: this.#streams.living, perCommit: this.#meter.histograms };
  }

  listen(listener: EngineListener): void {
    this.#listener = listener;
  }

  /** Commits what waits; what comes later is refused. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    const drained = this.#change(0, () => () => undefined);
    this.#stopped = true;
    await drained;
  }

  create(name: string, options: CreateOptions = {}): Promise<CreateOutcome> {
    return this.#change<CreateOutcome>(options.first?.bytes.length ?? 0, () => {
      const existing = this.#streams.find(name);
      if (typeof existing === 'object') return () => ({ kind: 'exists', info: existing.info });
      if (existing === 'softDeleted') return () => isStillRead(name);
      const stream = this.#make(name, options);
      if ('kind' in stream) return () => stream;
      this.#put(stream, options);
      return () => ({ kind: 'created', info: stream.info });
    });
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    const bytes = request.batch.bytes.length + (request.create?.first?.bytes.length ?? 0);
    return this.#change(bytes, () => this.#append(request));
  }

  async read(name: string, from: number, bytesMax: number): Promise<ReadOutcome> {
    this.#checkOpen();
    const stream = this.#streams.find(name);
    if (typeof stream === 'string') return { kind: stream };
    const { info } = stream;
    if (from < info.first) return { kind: 'trimmed', info };
    if (from > info.tail) return { kind: 'ahead', info };
    return { kind: 'segments', segments: stream.read(from, Math.min(bytesMax, this.#limits.readBytesMax)), info };
  }

  async info(name: string): Promise<StreamInfo | Absence> {
    this.#checkOpen();
    return infoOf(this.#streams.find(name));
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]> {
    this.#checkOpen();
    return this.#streams.list(prefix, after, limit).map(({ info }) => info);
  }

  async producer(name: string, id: string): Promise<{ epoch: number; sequence: number } | undefined> {
    this.#checkOpen();
    const stream = this.#streams.find(name);
    const state = typeof stream === 'string' ? undefined : stream.producer(id);
    return state === undefined ? undefined : { epoch: state.epoch, sequence: state.sequence };
  }

  close(name: string): Promise<StreamInfo | Absence> {
    return this.#change(0, () => {
      const stream = this.#streams.find(name);
      if (typeof stream === 'object' && !stream.state.closed) this.#takeClosing(stream);
      return () => infoOf(stream);
    });
  }

  delete(name: string): Promise<'deleted' | Absence> {
    return this.#change<'deleted' | Absence>(0, () => {
      const stream = this.#streams.find(name);
      if (typeof stream === 'string') return () => stream;
      this.#remove(name, stream);
      return () => 'deleted';
    });
  }

  expire(name: string, incarnation: string): Promise<void> {
    return this.#change(0, () => {
      const stream = this.#streams.find(name);
      if (typeof stream === 'object' && stream.state.incarnation === incarnation) this.#remove(name, stream);
      return () => undefined;
    });
  }

  trim(name: string, before: number): Promise<StreamInfo | Absence> {
    return this.#change(0, () => {
      this.#seal();
      const stream = this.#streams.find(name);
      if (typeof stream === 'object' && stream.trim(before)) this.#listener?.trimmed(stream.info);
      return () => infoOf(stream);
    });
  }

  async offsetAtTime(name: string, timeNs: bigint): Promise<number | Absence> {
    this.#checkOpen();
    const stream = this.#streams.find(name);
    return typeof stream === 'string' ? stream : stream.offsetAtTime(timeNs);
  }

  /** Memory loses all or nothing: there is never a loss to accept. */
  acceptLoss(name: string): Promise<StreamInfo | Absence> {
    return this.info(name);
  }

  async witness(proof: Proof): Promise<'consistent' | 'wrongStore'> {
    this.#checkOpen();
    const stream = this.#streams.find(proof.stream);
    const isCurrent = typeof stream === 'object' && proof.incarnation === stream.state.incarnation;
    return isCurrent && this.#proofs.isOurs(proof) ? 'consistent' : 'wrongStore';
  }

  #append(request: AppendRequest): () => AppendOutcome {
    const { stream: name, batch, key, create } = request;
    const found = this.#streams.find(name);
    const stream = found === 'notFound' && create !== undefined ? this.#make(name, create) : found;
    if (typeof stream === 'object' && 'kind' in stream) return () => stream;
    const state = typeof stream === 'string' ? stream : stream.state;
    const known =
      typeof stream === 'string' || batch.producer === undefined ? undefined : stream.producer(batch.producer.id);
    const keyOffset = typeof stream === 'string' || key === undefined ? undefined : stream.keyOffset(key);
    const question = { ...request, producer: batch.producer, crc: batch.crc, count: batch.count, close: batch.close };
    const decision = decideAppend(state, known, question, this.#limits, keyOffset);
    if (typeof stream === 'string' || decision.kind === 'refused') {
      return () => decision as AppendOutcome & { kind: 'refused' };
    }
    if (decision.kind === 'appended') {
      if (stream !== found) this.#put(stream, create);
      stream.take(request, decision);
      this.#unsealed.add(stream);
      this.#counters.appendedBatches += 1;
      this.#counters.appendedBytes += batch.bytes.length;
    }
    const { kind, offset } = decision;
    const { incarnation, lineage } = stream.info;
    return () => ({ kind, offset, incarnation, lineage, proof: this.#proofs.make(stream.info) }) as AppendOutcome;
  }

  /** Closing is an append too: of a batch of no records, and without a producer. */
  #takeClosing(stream: MemoryStream): void {
    const bytes = sealBatch({ records: [], close: true }, this.#world.crc32);
    const batch = openBatch(bytes, 0, this.#world.crc32, this.#limits);
    stream.takePlain(batch);
    this.#unsealed.add(stream);
  }

  #remove(name: string, stream: MemoryStream): void {
    this.#seal();
    this.#streams.remove(stream);
    this.#listener?.deleted(name, stream.state.incarnation);
  }

  /** A fork sees what its source took in this commit. */
  #make(name: string, options: CreateOptions): MemoryStream | ForkRefused {
    if (options.fork !== undefined) this.#seal();
    return this.#streams.make(name, options);
  }

  #put(stream: MemoryStream, { first }: CreateOptions = {}): void {
    this.#streams.add(stream);
    if (first !== undefined) this.#unsealed.add(stream);
    const { incarnation, lifetime } = stream.info;
    if (isMortal(lifetime)) this.#listener?.born({ stream: stream.name, incarnation, lifetime });
  }

  #change<Outcome>(bytes: number, apply: () => () => Outcome): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      this.#checkRoom(bytes);
      if (this.#queue.length === 0) queueMicrotask(() => this.#commit());
      this.#counters.queuedBytes += bytes;
      const settleLater = () => {
        try {
          const outcome = apply();
          return () => resolve(outcome());
        } catch (error) {
          return () => reject(error);
        }
      };
      this.#queue.push({ bytes, apply: settleLater });
    });
  }

  /** Applies what waits, at most `commitBytesMax` of it, tells the listener, and only then the callers. */
  #commit(): void {
    if (this.#queue.length === 0) return;
    let bytes = 0;
    const end = this.#queue.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index > 0 && bytes > this.#limits.commitBytesMax;
    });
    const changes = this.#queue.splice(0, end === -1 ? this.#queue.length : end);
    const { appendedBatches, appendedBytes } = this.#counters;
    const segments = this.#segments;
    const startMs = this.#world.clock.monotonicMs();
    const settle = changes.map((change) => change.apply());
    this.#seal();
    this.#counters.commits += 1;
    this.#meter.observe({
      seconds: (this.#world.clock.monotonicMs() - startMs) / 1_000,
      batches: this.#counters.appendedBatches - appendedBatches,
      bytes: this.#counters.appendedBytes - appendedBytes,
      segments: this.#segments - segments,
    });
    for (const { bytes: done } of changes) this.#counters.queuedBytes -= done;
    for (const run of settle) run();
    if (this.#queue.length > 0) queueMicrotask(() => this.#commit());
  }

  /** Stores what the streams took as segments, and tells the listener. */
  #seal(): void {
    for (const stream of this.#unsealed) {
      for (const segment of stream.seal(this.#limits)) {
        this.#segments += 1;
        this.#listener?.segment(segment);
      }
      if (stream.retain()) this.#listener?.trimmed(stream.info);
    }
    this.#unsealed.clear();
  }

  #checkRoom(bytes: number): void {
    const { appendQueueBytesMax } = this.#limits;
    if (this.#counters.queuedBytes + bytes <= appendQueueBytesMax) return;
    const message = `Appends of ${this.#counters.queuedBytes} bytes wait, the limit is ${appendQueueBytesMax}`;
    throw new PacketboatError('busy', message, { retryAfterMs: 1_000 });
  }

  #checkOpen(): void {
    if (this.#stopped) throw new PacketboatError('stopping', 'The store is closed');
  }
}

function isStillRead(name: string): CreateOutcome {
  return { kind: 'refused', code: 'exists', message: `${quoted(name)} was deleted; forks still read it` };
}

function infoOf(stream: MemoryStream | Absence): StreamInfo | Absence {
  return typeof stream === 'string' ? stream : stream.info;
}
