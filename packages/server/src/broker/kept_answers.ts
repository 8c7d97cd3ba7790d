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
import type { Broker } from './broker.ts';

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

/** What a {@linkcode KeptAnswers} keeps. */
export interface KeptAnswersOptions {
  /** Of its keys in the store's Map. */
  readonly prefix: string;
  /** What people call such a key, and the limit to their number. */
  readonly name: string;
  readonly limit: string;
  readonly keepMs: number;
  readonly keysMax: number;
  /** Whether the same request, come again while the first is worked on, gets that one's answer, or `keyInUse`. */
  readonly joins: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Entries that one look at the Map brings, and that one turn of the sweeper deletes. */
const pageKeys = 256;
/** When to ask again for a request that is being worked on. */
const retryAfterMs = 1_000;
/** Pause between two turns of the sweeper, when more has expired than one turn deletes. */
const sweepPauseMs = 1_000;

/**
 * Answers of requests that carry a key, kept in the store's Map for a time (by the wall clock), so that a request that is
 * sent again gets the first answer and has no second effect.
 *
 * A key is reserved, then the request takes effect, then the answer settles the key (DESIGN section 3, rule 1). When the
 * process dies before the effect, or between effect and settling, the next request with the key does it again, which
 * is harmless, for methods leave done twice what they leave done once; it is answered by what it finds then (`exists`
 * for a stream that the first one created, `gone` for one that it deleted). Somebody else's opposite request in
 * between is not seen.
 */
export class KeptAnswers {
  readonly #broker: Broker;
  readonly #options: KeptAnswersOptions;
  /** Requests being worked on, by entry. */
  readonly #working = new Map<string, { readonly request: string; readonly answer: Promise<Answer> }>();
  /** When each entry expires, the earliest first: as all are kept equally long, in the order they came. */
  readonly #expiries = new Map<string, number>();
  #opened: Promise<void> | undefined;
  #sweep: Timer | undefined;
  #stopped = false;

  constructor(broker: Broker, options: KeptAnswersOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  /** Those of the JSON API (draft-ietf-httpapi-idempotency-key-header). */
  static ofHttp(broker: Broker): KeptAnswers {
    const { idempotencyKeyMs: keepMs, idempotencyKeysMax: keysMax } = broker.limits;
    const name = 'Idempotency-Key';
    const limit = 'idempotencyKeysMax';
    return new KeptAnswers(broker, { prefix: 'idempotency/', name, limit, keepMs, keysMax, joins: false });
  }

  /** Those of calls over sessions: who lost the link while a call was worked on comes back for its answer. */
  static ofCalls(broker: Broker): KeptAnswers {
    const { callKeyMs: keepMs, callKeysMax: keysMax } = broker.limits;
    return new KeptAnswers(broker, {
      prefix: 'call/',
      name: 'key',
      limit: 'callKeysMax',
      keepMs,
      keysMax,
      joins: true,
    });
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
    const { name, prefix, joins } = this.#options;
    const entryKey = prefix + sha256(key);
    const requested = sha256(request);
    const working = this.#working.get(entryKey);
    if (working !== undefined) {
      if (working.request !== requested) throw this.#reused(key);
      if (joins) return given(await working.answer);
      const message = `A request with ${name} ${quoted(key)} is being worked on`;
      throw new PacketboatError('keyInUse', message, { retryAfterMs });
    }
    const answer = this.#answer(key, entryKey, requested, effect);
    this.#working.set(entryKey, { request: requested, answer });
    try {
      return given(await answer);
    } finally {
      this.#working.delete(entryKey);
    }
  }

  async #answer(key: string, entryKey: string, request: string, effect: () => Promise<unknown>): Promise<Answer> {
    this.start();
    await this.#opened;
    const entry = await this.#find(entryKey);
    const kept = entry && decode(entry);
    if (kept !== undefined && kept.request !== request) throw this.#reused(key);
    return kept?.answer ?? (await this.#take(entryKey, request, entry, effect));
  }

  #reused(key: string): PacketboatError {
    return new PacketboatError('keyReused', `${this.#options.name} ${quoted(key)} was used for another request`);
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
    const { name, limit, keepMs, keysMax } = this.#options;
    if (!this.#expiries.has(entryKey) && this.#expiries.size >= keysMax) {
      throw new PacketboatError('limitReached', `${keysMax} ${name}s are remembered (${limit})`);
    }
    const expiresAtMs = this.#nowMs() + keepMs;
    const reserved = await map.put(entryKey, encode({ request, expiresAtMs }), found?.revision ?? 'absent');
    if (reserved.kind !== 'put') throw new PacketboatError('keyInUse', 'Another server answers', { retryAfterMs });
    this.#remember(entryKey, expiresAtMs);
    // A key that is neither settled nor forgotten stays reserved: the same request is done again, as after a crash.
    const unkept = (error: unknown) => this.#broker.log.warn({ error }, `the answer of ${name} could not be settled`);
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
      page = await this.#broker.store.map.list(this.#options.prefix, page.at(-1)?.key, pageKeys);
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
    const delayMs = Math.min(Math.max(earliest - this.#nowMs(), sweepPauseMs), this.#options.keepMs);
    this.#sweep = this.#broker.world.timers.after(delayMs, () => {
      this.#deleteExpired()
        .catch((error: unknown) => this.#broker.log.warn({ error }, 'expired keys could not be deleted'))
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
