import { quoted, type Timer } from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import type { Announce } from './announce.ts';
import { backoffMs } from './backoff_ms.ts';
import { type AckDecision, type AckRequest, decideAck, decideRelease, type WakeClaim } from './decide_ack.ts';
import { decideLink, decideNews, decideUnlink } from './decide_links.ts';
import { decideClaim } from './decide_wake.ts';
import { type LinkInfo, linkInfos, type Tails } from './link_info.ts';
import type { LinkedStreams, LookedUpStream } from './linked_streams.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { SerialQueue } from './serial_queue.ts';
import type { SubscriptionLog } from './subscription_log.ts';
import type { SubscriptionEvent, SubscriptionState } from './subscription_state.ts';
import { makeWakeId, type WakeDesk, WakeKeeper } from './wake_keeper.ts';
import { makeToken } from './wake_token.ts';

/** What a {@linkcode SubscriptionActor} needs. */
export interface SubscriptionActorOptions {
  readonly id: string;
  readonly broker: Broker;
  readonly log: SubscriptionLog;
  /** What it knows of the streams it links; the actor stops it. */
  readonly streams: LinkedStreams;
  readonly announce: Announce;
}

/** A worker's hold on the work. */
export interface Claim {
  readonly wakeId: string;
  readonly generation: number;
  readonly token: string;
  readonly streams: readonly LinkInfo[];
  readonly leaseMs: number;
}

/**
 * One subscription. Its decisions run one by one, each on the state that the one before it has stored; what follows
 * from them (a call, an event in the wake stream, a timer) begins only then. It fails, waits and tries again alone.
 */
export class SubscriptionActor implements WakeDesk {
  readonly id: string;
  readonly incarnation: string;
  readonly #broker: Broker;
  readonly #log: SubscriptionLog;
  readonly #streams: LinkedStreams;
  readonly #keeper: WakeKeeper;
  readonly #queue: SerialQueue;
  #nudged = false;
  #stopped = false;
  /** Runs while nothing is done unasked, after as many failures in a row. */
  #rest: Timer | undefined;
  #failures = 0;

  constructor({ id, broker, log, streams, announce }: SubscriptionActorOptions) {
    this.id = id;
    this.incarnation = log.incarnation;
    this.#broker = broker;
    this.#log = log;
    this.#streams = streams;
    this.#queue = new SerialQueue(broker.limits.subscriptionRequestsMax);
    this.#keeper = new WakeKeeper(broker, this, announce);
  }

  get state(): SubscriptionState {
    return this.#log.state;
  }

  get tails(): Tails {
    return this.#streams.tails;
  }

  get links(): LinkInfo[] {
    return linkInfos(this.state, this.tails);
  }

  /** Whether the last attempt to tell of the work failed. */
  get isFailing(): boolean {
    return this.#keeper.isFailing;
  }

  /** Streams that were not linked because there is no room, since the start. */
  get refusedLinks(): number {
    return this.#streams.refused;
  }

  /** Begins, or goes on where the stored state is. */
  start(): void {
    this.#streams.onNews = () => {
      if (this.#streams.hasNews || this.state.wake === undefined) this.nudge();
    };
    this.#streams.noteUnseen();
    this.#keeper.start();
    this.nudge();
  }

  /** Ends all that runs; what is stored stays. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#rest?.cancel();
    this.#streams.stop();
    this.#keeper.stop();
  }

  /** Deletes the subscription. */
  delete(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#log.delete();
      this.stop();
    });
  }

  /** Takes note of where clients reach this server now. */
  confirm(origin: string): Promise<Refusal | undefined> {
    return this.#decide((state) => (state.origin === origin ? [] : [{ event: 'moved', origin }]));
  }

  /** Links streams by name, from their tails on. */
  link(streams: readonly string[]): Promise<Refusal | undefined> {
    return this.#request(async () => {
      // Followed before they are looked up, so that no commit falls between.
      this.#streams.follow(streams);
      try {
        const found = await this.#streams.lookUp(streams);
        const events = decideLink(this.state, found, this.#broker.limits);
        if (isRefusal(events)) return events;
        await this.store(events, found);
        return undefined;
      } finally {
        this.#streams.unfollow(streams);
      }
    });
  }

  /** Unlinks a stream that was linked by name. */
  unlink(stream: string): Promise<Refusal | undefined> {
    const inPattern = this.#streams.pattern?.matches(stream) === true;
    return this.#decide((state) => decideUnlink(state, stream, inPattern));
  }

  /** Gives the work to a worker, if there is some and nobody has it. */
  claim(worker: string): Promise<Claim | Refusal> {
    return this.#request(async () => {
      const { random } = this.#broker.world;
      const { token, tokenHash } = makeToken(random);
      const wake = { wakeId: makeWakeId(random), tokenHash };
      const events = decideClaim(this.state, this.tails, worker, wake);
      if (isRefusal(events)) return events;
      await this.store(events);
      const { generation, config } = this.state;
      const { wakeId } = this.state.wake ?? wake;
      return { wakeId, generation, token, streams: this.links, leaseMs: config.leaseMs };
    });
  }

  /** Takes acks of whoever holds the work, for a whole lease more. */
  ack(request: AckRequest): Promise<Pick<AckDecision, 'nextWake'> | Refusal> {
    return this.#request(async () => {
      const decision = decideAck(this.state, this.tails, request);
      if (isRefusal(decision)) return decision;
      await this.store(decision.events);
      if (this.state.wake?.holder !== undefined) this.#keeper.renewLease();
      return { nextWake: decision.nextWake };
    });
  }

  /** Takes the work back from whoever holds it. */
  release(claim: WakeClaim): Promise<Refusal | undefined> {
    return this.#decide((state) => decideRelease(state, claim));
  }

  run(job: () => Promise<void>): Promise<void> {
    return this.#queue.run(async () => {
      if (!this.#stopped) await job();
    });
  }

  /** @param found What the store said of the streams that the events are about. */
  async store(events: readonly SubscriptionEvent[], found: readonly LookedUpStream[] = []): Promise<void> {
    await this.#log.append(events);
    this.#streams.update(this.state, events, found);
    for (const event of events) this.#keeper.stored(event);
    if (events.length > 0) this.nudge();
  }

  nudge(): void {
    if (this.#nudged || this.#stopped || this.#rest !== undefined) return;
    this.#nudged = true;
    const done = this.run(() => {
      this.#nudged = false;
      return this.#advance();
    });
    done.then(
      () => (this.#failures = 0),
      (error) => this.#restAfter(error),
    );
  }

  /** The store could not do what is due: it is tried again later. */
  #restAfter(error: unknown): void {
    if (this.#stopped) return;
    this.#failures += 1;
    const { message } = asPacketboatError(error);
    this.#broker.log.warn({ subscription: this.id, reason: message }, 'a subscription could not store its events');
    this.#rest = this.#broker.world.timers.after(backoffMs(this.#failures, this.#broker), () => {
      this.#rest = undefined;
      this.nudge();
    });
  }

  async #advance(): Promise<void> {
    if (this.#streams.hasNews) await this.#takeNews();
    await this.#keeper.advance();
    await this.#log.compact();
  }

  async #takeNews(): Promise<void> {
    const streams = await this.#streams.takeNews();
    try {
      const found = await this.#streams.lookUp(streams);
      await this.store(decideNews(this.state, found, this.#streams.pattern), found);
    } catch (error) {
      this.#streams.putBack(streams);
      throw error;
    }
    if (this.#streams.hasNews) this.nudge();
  }

  /** Runs one decision as a request. */
  #decide(decide: (state: SubscriptionState) => readonly SubscriptionEvent[] | Refusal): Promise<Refusal | undefined> {
    return this.#request(async () => {
      const events = decide(this.state);
      if (isRefusal(events)) return events;
      await this.store(events);
      return undefined;
    });
  }

  #request<T>(job: () => Promise<T>): Promise<T | Refusal> {
    return this.#queue.request<T | Refusal>(async () => {
      if (!this.#stopped) return job();
      return { refused: 'SUBSCRIPTION_NOT_FOUND', message: `Subscription ${quoted(this.id)} was deleted` };
    });
  }
}
