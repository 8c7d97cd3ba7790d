import { Expiry, type StoredLifetime } from './expiry.ts';
import type { World } from './ports.ts';
import type {
  Absence,
  AppendOutcome,
  AppendRequest,
  CreateOptions,
  CreateOutcome,
  Log,
  LogListener,
  Proof,
  ReadOutcome,
  StreamInfo,
} from './store.ts';

/** A stream whose lifetime begins. */
export type Born = Omit<StoredLifetime, 'usedMs'>;

/** What an engine tells: what listeners hear, and which lifetimes begin. */
export interface EngineListener extends LogListener {
  /** A stream with a lifetime was created, also as a new incarnation. */
  born(made: Born): void;
}

/** An engine's Log. It keeps lifetimes, and leaves it to {@linkcode ExpiringLog} to end them. */
export interface EngineLog extends Omit<Log, 'touch' | 'listen'> {
  listen(listener: EngineListener): void;
  /** Deletes the stream if it is that incarnation. */
  expire(stream: string, incarnation: string): Promise<unknown>;
  /** Stores that the stream is in use now, if it is that incarnation. An append stores it with its records. */
  storeUse?(stream: string, incarnation: string): Promise<unknown>;
}

/** What an {@linkcode ExpiringLog} works with. */
export interface ExpiringLogOptions {
  readonly world: World;
  /** The store's own clock. @default the world's monotonic clock */
  readonly nowMs?: () => number;
  /** The lifetimes that the store kept. @default none */
  readonly stored?: Iterable<StoredLifetime>;
}

/** The Log of any engine, with streams that expire: from that moment every verb answers `gone`. */
export class ExpiringLog implements Log {
  readonly #log: EngineLog;
  readonly #expiry: Expiry;
  #listener: LogListener | undefined;

  constructor(log: EngineLog, { stored = [], ...options }: ExpiringLogOptions) {
    this.#log = log;
    this.#expiry = new Expiry({
      ...options,
      expire: (stream, incarnation) => log.expire(stream, incarnation),
      storeUse: async (stream, incarnation) => log.storeUse?.(stream, incarnation),
    });
    log.listen({
      segment: (segment) => this.#listener?.segment(segment),
      trimmed: (info) => this.#listener?.trimmed(info),
      deleted: (stream, incarnation) => {
        this.#expiry.forget(stream, incarnation);
        this.#listener?.deleted(stream, incarnation);
      },
      born: (made) => this.#expiry.add(made),
    });
    this.#expiry.load(stored);
  }

  listen(listener: LogListener): void {
    this.#listener = listener;
  }

  /** No stream ends any more; the engine's Log is stopped by its store. */
  stop(): void {
    this.#expiry.stop();
  }

  create(stream: string, options: CreateOptions = {}): Promise<CreateOutcome> {
    this.#expiry.isOver(stream);
    this.#endSource(options);
    return this.#log.create(stream, options);
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    this.#endSource(request.create);
    if (this.#expiry.isOver(request.stream)) {
      return Promise.resolve({ kind: 'refused', code: 'gone', message: 'The lifetime of the stream is over' });
    }
    return this.#using(
      request.stream,
      () => this.#log.append(request),
      (outcome) => outcome.kind === 'appended',
    );
  }

  async read(stream: string, from: number, bytesMax: number): Promise<ReadOutcome> {
    return this.#expiry.isOver(stream) ? { kind: 'gone' } : this.#log.read(stream, from, bytesMax);
  }

  async info(stream: string): Promise<StreamInfo | Absence> {
    return this.#expiry.isOver(stream) ? 'gone' : this.#log.info(stream);
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]> {
    const found: StreamInfo[] = [];
    let next = after;
    while (found.length < limit) {
      const wanted = limit - found.length;
      const infos = await this.#log.list(prefix, next, wanted);
      found.push(...infos.filter((info) => !this.#expiry.isOver(info.stream)));
      if (infos.length < wanted) break;
      next = infos.at(-1)?.stream;
    }
    return found;
  }

  async producer(
    stream: string,
    id: string,
  ): Promise<{ readonly epoch: number; readonly sequence: number } | undefined> {
    return this.#expiry.isOver(stream) ? undefined : this.#log.producer(stream, id);
  }

  async close(stream: string): Promise<StreamInfo | Absence> {
    if (this.#expiry.isOver(stream)) return 'gone';
    return this.#using(
      stream,
      () => this.#log.close(stream),
      () => false,
    );
  }

  async delete(stream: string): Promise<'deleted' | Absence> {
    return this.#expiry.isOver(stream) ? 'gone' : this.#log.delete(stream);
  }

  touch(stream: string): void {
    this.#expiry.touch(stream);
  }

  async offsetAtTime(stream: string, timeNs: bigint): Promise<number | Absence> {
    return this.#expiry.isOver(stream) ? 'gone' : this.#log.offsetAtTime(stream, timeNs);
  }

  async trim(stream: string, before: number): Promise<StreamInfo | Absence> {
    return this.#expiry.isOver(stream) ? 'gone' : this.#log.trim(stream, before);
  }

  async acceptLoss(stream: string): Promise<StreamInfo | Absence> {
    return this.#expiry.isOver(stream) ? 'gone' : this.#log.acceptLoss(stream);
  }

  async witness(proof: Proof): Promise<'consistent' | 'lost' | 'wrongStore'> {
    return this.#expiry.isOver(proof.stream) ? 'wrongStore' : this.#log.witness(proof);
  }

  /** Runs a change that keeps the stream alive from its beginning to its end. */
  #using<Outcome>(
    stream: string,
    run: () => Promise<Outcome>,
    stores: (outcome: Outcome) => boolean,
  ): Promise<Outcome> {
    const use = this.#expiry.begin(stream);
    if (use === undefined) return run();
    let stored = false;
    return run()
      .then((outcome) => {
        stored = stores(outcome);
        return outcome;
      })
      .finally(() => this.#expiry.end(use, stored));
  }

  /** A source whose lifetime is over is deleted before somebody forks it. */
  #endSource(options: CreateOptions | undefined): void {
    if (options?.fork !== undefined) this.#expiry.isOver(options.fork.stream);
  }
}
