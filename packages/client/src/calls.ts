import { type ClientMessage, type Limits, PacketboatError, quoted } from '@packetboat/core';
import { onAbort } from './abort.ts';
import { checkMessage } from './check_message.ts';
import type { Link } from './link.ts';
import type { CallMessage, Listener } from './participant.ts';
import { wireError } from './wire_error.ts';

/** Options of a call. */
export interface CallOptions {
  /** Waits no longer; whether the call took effect is then unknown. */
  readonly signal?: AbortSignal | undefined;
}

interface PendingCall {
  readonly message: ClientMessage & { readonly type: 'call' };
  readonly settled: PromiseWithResolvers<unknown>;
  sent: boolean;
}

/** Calls that change nothing: they are simply made again after a cut. */
const readingMethods: ReadonlySet<string> = new Set([
  'streams.info',
  'streams.list',
  'cursors.get',
  'cursors.list',
  'store.health',
]);

/** Calls that may wait for their answer, or for a connection. */
const callsMax = 256;

/**
 * Calls of the server's methods. They wait for a connection, without a time limit: give a `signal` to set one.
 *
 * A cut while a call is on its way leaves open whether it took effect. Calls that only read are made again; any other is
 * rejected with `unreachable`, and the caller looks.
 */
export class Calls implements Listener<CallMessage> {
  readonly #pending = new Map<number, PendingCall>();
  readonly #limits: Limits;
  #lastId = 0;
  #link: Link | undefined;
  #over: PacketboatError | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  async call(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#over !== undefined) throw this.#over;
    if (this.#pending.size >= callsMax) throw new PacketboatError('queueFull', `${callsMax} calls wait for answers`);
    const id = ++this.#lastId;
    const message = { type: 'call', id, method, params } as const;
    checkMessage(message, this.#limits);
    const call = { message, settled: Promise.withResolvers<unknown>(), sent: false };
    this.#pending.set(id, call);
    const forgetSignal = onAbort(options.signal, call.settled.reject);
    if (options.signal?.aborted !== true) this.#send(call);
    try {
      return await call.settled.promise;
    } finally {
      forgetSignal();
      this.#pending.delete(id);
    }
  }

  up(link: Link): void {
    this.#link = link;
    for (const call of this.#pending.values()) this.#send(call);
  }

  down(): void {
    this.#link = undefined;
    for (const call of this.#pending.values()) {
      if (!call.sent) continue;
      call.sent = false;
      const { method } = call.message;
      if (readingMethods.has(method)) continue;
      const message = `The connection was cut; whether ${quoted(method)} took effect is not known`;
      call.settled.reject(new PacketboatError('unreachable', message));
    }
  }

  over(error: PacketboatError): void {
    this.#over = error;
    this.#link = undefined;
    for (const { settled } of this.#pending.values()) settled.reject(error);
  }

  heard(message: CallMessage): void {
    // An answer to nobody is left from a caller that gave up.
    const call = this.#pending.get(message.id ?? 0);
    if (message.type === 'result') call?.settled.resolve(message.value);
    else call?.settled.reject(wireError(message));
  }

  #send(call: PendingCall): void {
    if (this.#link === undefined) return;
    call.sent = true;
    this.#link.send(call.message);
  }
}
