import { type ClientMessage, hex, type Limits, PacketboatError, quoted, type World } from '@packetboat/core';
import { abortedError, onAbort } from './abort.ts';
import { checkMessage } from './check_message.ts';
import type { Link } from './link.ts';
import type { CallMessage, Listener } from './participant.ts';
import { wireError } from './wire_error.ts';

/** Options of a call. */
export interface CallOptions {
  /** Waits no longer; whether the call took effect is then unknown. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call that the SDK makes by itself. */
interface OwnCallOptions extends CallOptions {
  /** To make it twice does no harm: it needs no key, and the server keeps no answer. @default what only reads */
  readonly repeatable?: boolean;
}

interface PendingCall {
  readonly message: ClientMessage & { readonly type: 'call' };
  readonly settled: PromiseWithResolvers<unknown>;
  /** When it first left, if it has. */
  sentMs: number | undefined;
}

/** Calls that change nothing: they need no key to be made again. */
const readingMethods: ReadonlySet<string> = new Set([
  'streams.info',
  'streams.list',
  'cursors.get',
  'cursors.list',
  'store.health',
]);

const keyBytes = 16;
/** Calls that may wait: for their answer, for a connection, or for those before them. */
const callsMax = 256;

/**
 * Calls of the server's methods. They wait for a connection, without a time limit: give a `signal` to set one. As many as a
 * server takes of one connection (`callsPerConnectionMax`) are on their way at a time, in order; the rest wait for answers.
 *
 * A cut while a call is on its way leaves open whether it took effect: it is made again, with the same key, under which the
 * server does it once and keeps its answer. It keeps it for `callKeyMs`; a call that was on its way before an outage of that
 * order is rejected with `unreachable`, and the caller looks. Calls that may be made twice, as those that only read, are made
 * again whenever.
 */
export class Calls implements Listener<CallMessage> {
  /** Calls without an answer, by id, in order. */
  readonly #pending = new Map<number, PendingCall>();
  /** Those of them that are yet to leave on the link that is up. */
  #unsent = new Set<PendingCall>();
  /** Ids that the server of this link has not answered, also those that nobody waits for any more. */
  readonly #unanswered = new Set<number>();
  readonly #world: World;
  #limits: Limits;
  #lastId = 0;
  #link: Link | undefined;
  #over: PacketboatError | undefined;

  constructor(world: World, limits: Limits) {
    this.#world = world;
    this.#limits = limits;
  }

  async call(method: string, params: unknown, options: OwnCallOptions = {}): Promise<unknown> {
    if (this.#over !== undefined) throw this.#over;
    if (this.#pending.size >= callsMax) throw new PacketboatError('queueFull', `${callsMax} calls wait for answers`);
    const id = ++this.#lastId;
    const { signal, repeatable = readingMethods.has(method) } = options;
    const key = repeatable ? undefined : hex(this.#world.random.bytes(keyBytes));
    const message = { type: 'call', id, method, params, key } as const;
    checkMessage(message, this.#limits);
    if (signal?.aborted === true) throw abortedError(signal);
    const call: PendingCall = { message, settled: Promise.withResolvers<unknown>(), sentMs: undefined };
    this.#pending.set(id, call);
    this.#unsent.add(call);
    const forgetSignal = onAbort(signal, call.settled.reject);
    this.#sendUnsent();
    try {
      return await call.settled.promise;
    } finally {
      forgetSignal();
      this.#pending.delete(id);
      this.#unsent.delete(call);
    }
  }

  up(link: Link, limits: Limits): void {
    this.#link = link;
    this.#limits = limits;
    this.#unanswered.clear();
    this.#unsent = new Set(this.#pending.values());
    this.#sendUnsent();
  }

  down(): void {
    this.#link = undefined;
  }

  over(error: PacketboatError): void {
    this.#over = error;
    this.#link = undefined;
    for (const { settled } of this.#pending.values()) settled.reject(error);
  }

  heard(message: CallMessage): void {
    const { id = 0 } = message;
    // An answer to nobody is left from a caller that gave up.
    const call = this.#pending.get(id);
    if (message.type === 'result') call?.settled.resolve(message.value);
    else call?.settled.reject(wireError(message));
    if (this.#unanswered.delete(id)) this.#sendUnsent();
  }

  #sendUnsent(): void {
    for (const call of this.#unsent) {
      if (this.#link === undefined || this.#unanswered.size >= this.#limits.callsPerConnectionMax) return;
      this.#unsent.delete(call);
      this.#send(this.#link, call);
    }
  }

  #send(link: Link, call: PendingCall): void {
    const { id, method, key } = call.message;
    const nowMs = this.#world.clock.monotonicMs();
    call.sentMs ??= nowMs;
    // Half of it, because the key must still be known when this arrives.
    if (key !== undefined && nowMs - call.sentMs > this.#limits.callKeyMs / 2) {
      const message = `The connection was cut for long; whether ${quoted(method)} took effect is not known`;
      return call.settled.reject(new PacketboatError('unreachable', message));
    }
    this.#unanswered.add(id);
    link.send(call.message);
  }
}
