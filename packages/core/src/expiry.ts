import { DueQueue } from './due_queue.ts';
import type { Timer, World } from './ports.ts';
import type { Lifetime } from './store.ts';

/** A stream with a lifetime, as a store keeps it. */
export interface StoredLifetime {
  readonly stream: string;
  readonly incarnation: string;
  readonly lifetime: Lifetime;
  /** When its last use was stored, on the store's own clock. */
  readonly usedMs: number;
}

/** What an {@linkcode Expiry} works with. */
export interface ExpiryOptions {
  readonly world: Pick<World, 'clock' | 'timers'>;
  /** The store's own clock: it runs while the store is open, and never jumps. @default the world's monotonic clock */
  readonly nowMs?: () => number;
  /** Deletes that incarnation, if the stream still is that one. Tried again when it fails. */
  readonly expire: (stream: string, incarnation: string) => Promise<unknown>;
  /** Stores that the stream is in use now. @default nothing is stored */
  readonly storeUse?: (stream: string, incarnation: string) => Promise<unknown>;
}

/** A stream with a lifetime, in memory. */
interface Life {
  readonly stream: string;
  readonly incarnation: string;
  readonly lifetime: Lifetime;
  usedMs: number;
  /** The newest use that is stored, or is being stored. */
  storedMs: number;
  /** Appends under way; they keep a sliding lifetime alive. */
  appends: number;
  /** It has ended, whatever the clock says from now on. */
  over: boolean;
  /** Its deletion is under way. */
  ending: boolean;
}

/** An append under way. */
export interface Use {
  readonly life: Life;
  readonly sinceMs: number;
}

/** A use is stored again after this part of the TTL (DESIGN section 6). */
const storedEvery = 0.1;
/** Clocks are looked at this often while anything can expire: somebody may set the wall clock. */
const lookMs = 60_000;
const retryMs = 1_000;
/** Deletions, and uses to be stored, that wait for the store at a time: the rest leaves its queue to others (P7). */
const endingMax = 256;
const storingMax = 1_024;

/**
 * Which streams have a lifetime, and when each ends (protocol section 5.1). From that moment a stream is over: every
 * verb answers `gone`, while its deletion is on its way.
 *
 * A sliding lifetime counts time in which the store is open, so that neither a clock that is set nor a server that is
 * down ends anything early; an absolute one goes by the wall clock.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #nowMs: () => number;
  readonly #lives = new Map<string, Life>();
  readonly #sliding = new DueQueue<Life>();
  readonly #absolute = new DueQueue<Life>();
  #timer: Timer | undefined;
  #ending = 0;
  #storing = 0;
  #stopped = false;

  constructor(options: ExpiryOptions) {
    const { clock } = options.world;
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => clock.monotonicMs());
  }

  /** Streams that have a lifetime and are not deleted. */
  get size(): number {
    return this.#lives.size;
  }

  /**
   * Takes what a store kept. A last use just before a crash may not be stored: one more TTL (and the tenth that is never
   * stored) makes sure that nothing ends early. It is granted once, however often the store is opened.
   */
  load(stored: Iterable<StoredLifetime>): void {
    const now = this.#nowMs();
    for (const { usedMs, ...life } of stored) {
      const { ttlMs = 0 } = life.lifetime;
      this.#set({ ...life, usedMs: Math.min(now, usedMs + ttlMs * (1 + storedEvery)), storedMs: usedMs });
    }
    this.#arm();
  }

  /** Takes a new incarnation of a stream, in place of an earlier one. */
  add(made: Omit<StoredLifetime, 'usedMs'>): void {
    const now = this.#nowMs();
    this.#set({ ...made, usedMs: now, storedMs: now });
    this.#arm();
  }

  /** That incarnation is deleted. */
  forget(stream: string, incarnation: string): void {
    const life = this.#lives.get(stream);
    if (life?.incarnation !== incarnation) return;
    this.#lives.delete(stream);
    this.#queueOf(life).delete(life);
  }

  /** Whether the stream's lifetime is over. Its deletion then is on its way, ahead of any later change. */
  isOver(stream: string): boolean {
    const life = this.#lives.get(stream);
    if (life === undefined || this.#stopped) return false;
    if (life.over || this.#isDue(life)) this.#end(life);
    return life.over;
  }

  /** Somebody reads the stream. */
  touch(stream: string): void {
    const life = this.#lives.get(stream);
    if (life === undefined || this.isOver(stream)) return;
    this.#use(life);
  }

  /** An append begins: the stream lives until {@linkcode end}. */
  begin(stream: string): Use | undefined {
    const life = this.#lives.get(stream);
    if (life === undefined || this.isOver(stream)) return undefined;
    life.appends += 1;
    return { life, sinceMs: this.#nowMs() };
  }

  /** An append has settled. @param stored Whether it stored the use with its records. */
  end({ life, sinceMs }: Use, stored: boolean): void {
    life.appends -= 1;
    if (stored) life.storedMs = Math.max(life.storedMs, sinceMs);
    if (!life.over) this.#use(life);
  }

  /** Nothing ends any more; the next start goes on. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #set(made: Omit<Life, 'appends' | 'over' | 'ending'>): void {
    const known = this.#lives.get(made.stream);
    if (known !== undefined) this.forget(known.stream, known.incarnation);
    const life: Life = { ...made, appends: 0, over: false, ending: false };
    this.#lives.set(life.stream, life);
    this.#queueOf(life).set(life, this.#dueMs(life));
  }

  #use(life: Life): void {
    const { ttlMs } = life.lifetime;
    const { storeUse } = this.#options;
    const now = this.#nowMs();
    life.usedMs = now;
    if (ttlMs === undefined || storeUse === undefined || now - life.storedMs < ttlMs * storedEvery) return;
    // The next use tries again.
    if (this.#storing >= storingMax) return;
    const before = life.storedMs;
    life.storedMs = now;
    this.#storing += 1;
    storeUse(life.stream, life.incarnation)
      .catch(() => {
        if (life.storedMs === now) life.storedMs = before;
      })
      .finally(() => {
        this.#storing -= 1;
      });
  }

  #queueOf({ lifetime }: Life): DueQueue<Life> {
    return lifetime.expiresAtMs === undefined ? this.#sliding : this.#absolute;
  }

  /** The clock that a queue goes by. */
  #clockOf(queue: DueQueue<Life>): number {
    if (queue === this.#sliding) return this.#nowMs();
    return Number(this.#options.world.clock.wallNs() / 1_000_000n);
  }

  #dueMs({ lifetime, usedMs, appends }: Life): number {
    const { ttlMs = Infinity, expiresAtMs } = lifetime;
    if (expiresAtMs !== undefined) return expiresAtMs;
    return appends > 0 ? this.#nowMs() + Math.max(ttlMs, 1) : usedMs + ttlMs;
  }

  #isDue(life: Life): boolean {
    return this.#dueMs(life) <= this.#clockOf(this.#queueOf(life));
  }

  #end(life: Life): void {
    const queue = this.#queueOf(life);
    life.over = true;
    queue.delete(life);
    if (life.ending) return;
    life.ending = true;
    this.#ending += 1;
    this.#options
      .expire(life.stream, life.incarnation)
      .then(
        () => this.forget(life.stream, life.incarnation),
        () => {
          life.ending = false;
          if (this.#lives.get(life.stream) === life) queue.set(life, this.#clockOf(queue) + retryMs);
        },
      )
      .finally(() => {
        this.#ending -= 1;
        this.#arm();
      });
  }

  /** Ends what is due. A stream that was used since it was put into its queue goes back into it. */
  #look(): void {
    this.#timer = undefined;
    for (const queue of [this.#sliding, this.#absolute]) {
      const now = this.#clockOf(queue);
      for (let first = queue.first; first !== undefined && first.dueMs <= now; first = queue.first) {
        if (this.#ending >= endingMax) return;
        const { item: life } = first;
        if (life.over || this.#isDue(life)) this.#end(life);
        else queue.set(life, this.#dueMs(life));
      }
    }
    this.#arm();
  }

  /** Sets the timer for what is due first; a deletion that has ended sets it again. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#stopped || this.#ending >= endingMax) return;
    const waits = [this.#sliding, this.#absolute].flatMap((queue) =>
      queue.first === undefined ? [] : [queue.first.dueMs - this.#clockOf(queue)],
    );
    if (waits.length === 0) return;
    const waitMs = Math.max(0, Math.min(lookMs, ...waits));
    this.#timer = this.#options.world.timers.after(waitMs, () => this.#look());
  }
}
