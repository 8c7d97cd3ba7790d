import { createHash } from 'node:crypto';
import {
  assert,
  type ErrorCode,
  isErrorCode,
  type MapEntry,
  PacketboatError,
  quoted,
  type Timer,
} from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';

/** What one key is kept for. */
interface Kept {
  /** Which request it was: SHA-256 over the method and its parameters. */
  readonly request: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Absent while the request is being worked on, or when the process died meanwhile. */
  readonly answer?: Answer;
}

type Answer = { readonly result: unknown } | { readonly code: ErrorCode; readonly message: string };

const prefix = 'idempotency/';
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Entries that one look at the Map brings, and that one turn of the sweeper deletes. */
const pageKeys = 256;
/** When to ask again for a request that is being worked on. */
const retryAfterMs = 1_000;
/** Pause between two turns of the sweeper, when more has expired than one turn deletes. */
const sweepPauseMs = 1_000;

/**
 * Answers of requests with an `Idempotency-Key`, kept in the store's Map for `idempotencyKeyMs` (by the wall clock), so
 * that a request that is sent again gets the first answer and has no second effect.
 *
 * A key is reserved, then the request takes effect, then the answer settles the key (DESIGN section 3, rule 1). When the
 * process dies before the effect, or between effect and settling, the next request with the key does it again, which
 * is harmless, for methods leave done twice what they leave done once; it is answered by what it finds then (`exists`
 * for a stream that the first one created, `gone` for one that it deleted). Somebody else's opposite request in
 * between is not seen.
 */
export class KeptAnswers {
  readonly #broker: Broker;
  /** Requests being worked on, by entry. */
  readonly #working = new Map<string, string>();
  /** When each entry expires, the earliest first: as all are kept equally long, in the order they came. */
  readonly #expiries = new Map<string, number>();
  #opened: Promise<void> | undefined;
  #sweep: Timer | undefined;
  #stopped = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Learns what earlier processes kept, and sweeps it when its time has come. */
  start(): void {
    this.#opened ??= this.#open();
    // Told to whoever asks first: a Map that cannot be listed belongs to a store that has failed.
    this.#opened.catch(() => undefined);
  }

  /**
   * Runs `effect`, unless the same request with the same key was answered before: then it gives that answer. What is
   * answered is kept, a refusal too, unless the same request may succeed later (`busy`, `diskFull`).
   *
   * @param request What the key stands for.
   * @throws {PacketboatError} `keyReused`, `keyInUse`, `limitReached`, or what the effect answered.
   */
  async once(key: string, request: string, effect: () => Promise<unknown>): Promise<unknown> {
    const entryKey = prefix + sha256(key);
    const requested = sha256(request);
    const working = this.#working.get(entryKey);
    if (working !== undefined && working !== requested) throw reused(key);
    if (working !== undefined) {
      const message = `A request with Idempotency-Key ${quoted(key)} is being worked on`;
      throw new PacketboatError('keyInUse', message, { retryAfterMs });
    }
    this.#working.set(entryKey, requested);
    try {
      this.start();
      await this.#opened;
      const entry = await this.#find(entryKey);
      const kept = entry && decode(entry);
      if (kept !== undefined && kept.request !== requested) throw reused(key);
      if (kept?.answer !== undefined) return given(kept.answer);
      return given(await this.#take(entryKey, requested, entry, effect));
    } finally {
      this.#working.delete(entryKey);
    }
  }

  /** Stops sweeping. */
  stop(): void {
    this.#stopped = true;
    this.#sweep?.cancel();
  }

  /** Reserves, lets the request take effect, and settles. */
  async #take(
    entryKey: string,
    request: string,
    found: MapEntry | undefined,
    effect: () => Promise<unknown>,
  ): Promise<Answer> {
    const { map } = this.#broker.store;
    const { idempotencyKeyMs, idempotencyKeysMax } = this.#broker.limits;
    if (!this.#expiries.has(entryKey) && this.#expiries.size >= idempotencyKeysMax) {
      const message = `${idempotencyKeysMax} Idempotency-Keys are remembered (idempotencyKeysMax)`;
      throw new PacketboatError('limitReached', message);
    }
    const expiresAtMs = this.#nowMs() + idempotencyKeyMs;
    const reserved = await map.put(entryKey, encode({ request, expiresAtMs }), found?.revision ?? 'absent');
    if (reserved.kind !== 'put') throw new PacketboatError('keyInUse', 'Another server answers', { retryAfterMs });
    this.#remember(entryKey, expiresAtMs);
    // A key that is neither settled nor forgotten stays reserved: the same request is done again, as after a crash.
    const unkept = (error: unknown) => this.#broker.log.warn({ error }, 'an Idempotency-Key could not be settled');
    try {
      const answer = await answerOf(effect);
      await map.put(entryKey, encode({ request, expiresAtMs, answer }), reserved.revision).catch(unkept);
      return answer;
    } catch (error) {
      await this.#forget(entryKey).catch(unkept);
      throw error;
    }
  }

  /** The entry, unless it has expired. */
  async #find(entryKey: string): Promise<MapEntry | undefined> {
    const entry = await this.#broker.store.map.get(entryKey);
    if (entry === undefined || decode(entry).expiresAtMs > this.#nowMs()) return entry;
    await this.#forget(entryKey);
    return undefined;
  }

  async #open(): Promise<void> {
    const found: [entryKey: string, expiresAtMs: number][] = [];
    let page: MapEntry[] = [];
    do {
      page = await this.#broker.store.map.list(prefix, page.at(-1)?.key, pageKeys);
      found.push(...page.map((entry): [string, number] => [entry.key, decode(entry).expiresAtMs]));
    } while (page.length === pageKeys);
    for (const [entryKey, expiresAtMs] of found.toSorted(([, left], [, right]) => left - right)) {
      this.#remember(entryKey, expiresAtMs);
    }
  }

  #remember(entryKey: string, expiresAtMs: number): void {
    this.#expiries.delete(entryKey);
    this.#expiries.set(entryKey, expiresAtMs);
    this.#sweepLater();
  }

  async #forget(entryKey: string): Promise<void> {
    await this.#broker.store.map.delete(entryKey);
    this.#expiries.delete(entryKey);
  }

  /** Waits until the first entry expires; the sweeper sleeps while nothing is kept. */
  #sweepLater(): void {
    const [earliest] = this.#expiries.values();
    if (this.#stopped || this.#sweep !== undefined || earliest === undefined) return;
    const delayMs = Math.min(Math.max(earliest - this.#nowMs(), sweepPauseMs), this.#broker.limits.idempotencyKeyMs);
    this.#sweep = this.#broker.world.timers.after(delayMs, () => {
      this.#deleteExpired()
        .catch((error: unknown) => this.#broker.log.warn({ error }, 'expired Idempotency-Keys could not be deleted'))
        .finally(() => {
          this.#sweep = undefined;
          this.#sweepLater();
        });
    });
  }

  async #deleteExpired(): Promise<void> {
    const nowMs = this.#nowMs();
    let seen = 0;
    for (const [entryKey, expiresAtMs] of this.#expiries) {
      if (expiresAtMs > nowMs || seen === pageKeys) return;
      seen += 1;
      if (!this.#working.has(entryKey)) await this.#forget(entryKey);
    }
  }

  #nowMs(): number {
    return Number(this.#broker.world.clock.wallNs() / 1_000_000n);
  }
}

/** What the request is answered with for good. Rejects with what a retry may change. */
async function answerOf(effect: () => Promise<unknown>): Promise<Answer> {
  try {
    return { result: await effect() };
  } catch (error) {
    if (!(error instanceof PacketboatError) || error.row.retryable || error.row.status >= 500) throw error;
    return { code: error.code, message: error.message };
  }
}

function given(answer: Answer): unknown {
  if ('result' in answer) return answer.result;
  throw new PacketboatError(answer.code, answer.message);
}

function reused(key: string): PacketboatError {
  return new PacketboatError('keyReused', `Idempotency-Key ${quoted(key)} was used for another request`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function encode(kept: Kept): Uint8Array {
  return encoder.encode(JSON.stringify(kept));
}

function decode(entry: MapEntry): Kept {
  const kept = JSON.parse(decoder.decode(entry.value)) as Kept;
  assert(typeof kept.request === 'string' && Number.isSafeInteger(kept.expiresAtMs), 'a kept answer is well-formed');
  assert(kept.answer === undefined || 'result' in kept.answer || isErrorCode(kept.answer.code), 'a kept code is known');
  return kept;
}
