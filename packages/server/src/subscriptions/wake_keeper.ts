import { hex, PacketboatError, type Timer } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { Announce, Announced } from './announce.ts';
import { backoffMs } from './backoff_ms.ts';
import { decideAnswered, decideExpired, decideVoid, decideWake } from './decide_wake.ts';
import { firstPending, type LinkInfo, linkInfos, type Tails } from './link_info.ts';
import type { SubscriptionEvent, SubscriptionState } from './subscription_state.ts';
import { makeToken } from './wake_token.ts';

/** A subscription as its {@linkcode WakeKeeper} sees it. */
export interface WakeDesk {
  readonly id: string;
  /** Of the subscription's own stream. */
  readonly incarnation: string;
  readonly state: SubscriptionState;
  readonly tails: Tails;
  /** Stores what was decided on {@linkcode state}; only within {@linkcode run}. */
  store(events: readonly SubscriptionEvent[]): Promise<void>;
  /** Runs a job when it is its turn. */
  run(job: () => Promise<void>): Promise<void>;
  /** Has {@linkcode WakeKeeper.advance} run soon. */
  nudge(): void;
}

/** What somebody is told of a wake, again and again the same until it is known. */
interface Offer {
  readonly wakeId: string;
  readonly token: string;
  readonly streams: readonly LinkInfo[];
  /** What they say, for whoever answers that all of it is done. */
  readonly tails: Tails;
}

/**
 * Sees to it that pending work of one subscription is told and held: makes wakes, tells of them until they are known,
 * ends them when their holder's lease is over. Whatever fails, or comes to nothing, waits longer each time.
 */
export class WakeKeeper {
  readonly #broker: Broker;
  readonly #desk: WakeDesk;
  readonly #announce: Announce;
  /** Of the last wake that this server made; one that was stored before its start has none. */
  #offer: Offer | undefined;
  #announcing: AbortController | undefined;
  /** The last wake that the wake stream tells of. */
  #told: string | undefined;
  /** Runs while somebody holds the wake. */
  #lease: Timer | undefined;
  /** Runs while nothing is tried. */
  #pause: Timer | undefined;
  /** Attempts that failed in a row. */
  #failures = 0;
  /** Wakes that ended without an ack in a row. */
  #fruitless = 0;
  #acked = false;
  #stopped = false;

  constructor(broker: Broker, desk: WakeDesk, announce: Announce) {
    this.#broker = broker;
    this.#desk = desk;
    this.#announce = announce;
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Goes on where the stored state is: whoever holds the work has a whole lease from now on. */
  start(): void {
    if (this.#desk.state.wake?.holder !== undefined) this.renewLease();
  }

  stop(): void {
    this.#stopped = true;
    this.#lease?.cancel();
    this.#pause?.cancel();
    this.#announcing?.abort(new PacketboatError('stopping', 'The subscription is stopped'));
  }

  /** Gives whoever holds the work a whole lease from now on. */
  renewLease(): void {
    this.#lease?.cancel();
    if (this.#stopped) return;
    this.#lease = this.#broker.world.timers.after(this.#desk.state.config.leaseMs, () => {
      this.#lease = undefined;
      this.#desk.nudge();
    });
  }

  /** Takes note of an event that was stored. */
  stored({ event }: SubscriptionEvent): void {
    if (event === 'woken') this.#acked = false;
    if (event === 'held') this.renewLease();
    if (event === 'acked') {
      this.#acked = true;
      this.#failures = 0;
      this.#endPause();
    }
    if (event === 'ended') this.#ended();
  }

  /** Does what is due now; within {@linkcode WakeDesk.run}. */
  async advance(): Promise<void> {
    const { wake } = this.#desk.state;
    if (wake?.holder !== undefined) {
      if (this.#lease === undefined) await this.#desk.store(decideExpired(this.#desk.state));
      return;
    }
    if (firstPending(this.#desk.state, this.#desk.tails) === undefined) {
      await this.#desk.store(decideVoid(this.#desk.state));
      return;
    }
    if (this.#pause !== undefined || this.#announcing !== undefined) return;
    const isWebhook = this.#desk.state.config.type === 'webhook';
    // The token of a webhook's wake is known to nobody after a restart: it gives way to a new one.
    if (wake === undefined || (isWebhook && this.#offer?.wakeId !== wake.wakeId)) await this.#wake(isWebhook);
    const { wake: now } = this.#desk.state;
    if (now !== undefined && now.holder === undefined && now.wakeId !== this.#told) {
      void this.#tell(this.#offerFor(now.wakeId), now.generation);
    }
  }

  async #wake(isWebhook: boolean): Promise<void> {
    const { random } = this.#broker.world;
    const { token, tokenHash } = makeToken(random);
    const wakeId = makeWakeId(random);
    const { state, tails } = this.#desk;
    await this.#desk.store(decideWake(state, tails, isWebhook ? { wakeId, tokenHash } : { wakeId }));
    this.#offer = this.#makeOffer(wakeId, token);
  }

  #offerFor(wakeId: string): Offer {
    return this.#offer?.wakeId === wakeId ? this.#offer : this.#makeOffer(wakeId, '');
  }

  #makeOffer(wakeId: string, token: string): Offer {
    const { state, tails } = this.#desk;
    const copy = Array.from(tails, ([stream, tail]) => [stream, { ...tail }] as const);
    return { wakeId, token, streams: linkInfos(state, tails), tails: new Map(copy) };
  }

  /** Tells of a wake. Never rejects. */
  async #tell(offer: Offer, generation: number): Promise<void> {
    const { id, incarnation, state } = this.#desk;
    const { config, origin } = state;
    const { wakeId, token, streams } = offer;
    const abort = new AbortController();
    this.#announcing = abort;
    try {
      const wake = { id, config, origin, incarnation, generation, wakeId, token, streams };
      const announced = await this.#announce({ ...wake, signal: abort.signal });
      await this.#desk.run(() => this.#answered(offer, announced));
      this.#failures = 0;
    } catch (error) {
      const { wake } = this.#desk.state;
      // Whoever calls back knows of the wake, however the call ended.
      if (!this.#stopped && wake?.wakeId === wakeId && wake.holder === undefined) this.#failed(error);
    } finally {
      this.#announcing = undefined;
      this.#desk.nudge();
    }
  }

  async #answered(offer: Offer, announced: Announced): Promise<void> {
    if (announced === 'told') {
      this.#told = offer.wakeId;
      return;
    }
    const done = announced === 'done' ? offer.tails : undefined;
    await this.#desk.store(decideAnswered(this.#desk.state, offer.wakeId, done));
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.#broker.log.warn({ subscription: this.#desk.id, reason }, 'nobody could be told of pending work');
    this.#pauseFor(backoffMs(this.#failures, this.#broker));
  }

  #ended(): void {
    this.#lease?.cancel();
    this.#lease = undefined;
    this.#offer = undefined;
    this.#fruitless = this.#acked ? 0 : this.#fruitless + 1;
    // The first time the work may just have changed hands.
    if (this.#fruitless > 1) this.#pauseFor(backoffMs(this.#fruitless - 1, this.#broker));
  }

  #pauseFor(delayMs: number): void {
    this.#endPause();
    if (this.#stopped) return;
    this.#pause = this.#broker.world.timers.after(delayMs, () => {
      this.#pause = undefined;
      this.#desk.nudge();
    });
  }

  #endPause(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
  }
}

/** The name of a wake: which one an ack means. */
export function makeWakeId(random: Broker['world']['random']): string {
  return `w_${hex(random.bytes(12))}`;
}
