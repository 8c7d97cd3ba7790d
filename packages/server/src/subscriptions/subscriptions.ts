import { PacketboatError, quoted } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { isReservedName } from '../broker/reserved_names.ts';
import type { Announce } from './announce.ts';
import { announcePullWake } from './announce_pull_wake.ts';
import { announceWebhook } from './announce_webhook.ts';
import type { CallWebhook } from './call_webhook.ts';
import { linkAtTail, linkBytes, rememberedBytes } from './decide_links.ts';
import { findWork } from './find_work.ts';
import { LinkedStreams, type LookedUpStream } from './linked_streams.ts';
import { listStreams } from './list_streams.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { SerialQueue } from './serial_queue.ts';
import { StreamWatch } from './stream_watch.ts';
import { SubscriptionActor } from './subscription_actor.ts';
import { SubscriptionLog, subscriptionPrefix } from './subscription_log.ts';
import type { Link, SubscriptionConfig, SubscriptionState } from './subscription_state.ts';
import { WebhookKey } from './webhook_key.ts';
import { WebhookSlots } from './webhook_slots.ts';
import { type WebhookOptions, webhookTarget } from './webhook_target.ts';

/** What {@linkcode Subscriptions} need. */
export interface SubscriptionsOptions {
  readonly broker: Broker;
  /** @default no webhook is called */
  readonly webhooks?: WebhookOptions | undefined;
  /** Calls receivers. */
  readonly call: CallWebhook;
}

/** All subscriptions of a store (Durable Streams protocol, sections 6 and 7), by id. */
export class Subscriptions {
  readonly #broker: Broker;
  readonly #webhooks: WebhookOptions;
  readonly #watch: StreamWatch;
  readonly #actors = new Map<string, SubscriptionActor>();
  /** Those whose stream cannot be read. */
  readonly #damaged = new Map<string, PacketboatError>();
  /** Creates and deletes one by one, so that an id is one subscription at a time. */
  readonly #queue: SerialQueue;
  readonly #slots: WebhookSlots;
  readonly #call: CallWebhook;
  #key: Promise<WebhookKey> | undefined;
  #stopped = false;

  private constructor({ broker, webhooks = {}, call }: SubscriptionsOptions) {
    this.#broker = broker;
    this.#webhooks = webhooks;
    this.#queue = new SerialQueue(broker.limits.subscriptionRequestsMax);
    this.#watch = new StreamWatch(broker.world.crc32);
    this.#slots = new WebhookSlots(broker.limits.webhooksInFlightMax);
    this.#call = call;
    broker.commits.add(this.#watch);
  }

  /** Reads what is stored; nothing goes on before {@linkcode start}. The server takes no appends meanwhile. */
  static async open(options: SubscriptionsOptions): Promise<Subscriptions> {
    const subscriptions = new Subscriptions(options);
    await subscriptions.#open();
    return subscriptions;
  }

  /** How many there are. */
  get size(): number {
    return this.#actors.size;
  }

  /** Goes on with all of them. */
  start(): void {
    for (const actor of this.#actors.values()) actor.start();
  }

  /** Stops calls and timers. What is stored goes on at the next start. */
  stop(): void {
    this.#stopped = true;
    for (const actor of this.#actors.values()) actor.stop();
  }

  /** @throws {PacketboatError} when it is there but cannot be read. */
  find(id: string): SubscriptionActor | undefined {
    const damaged = this.#damaged.get(id);
    if (damaged !== undefined) throw damaged;
    return this.#actors.get(id);
  }

  /** The key that signs calls. */
  key(): Promise<WebhookKey> {
    if (this.#key === undefined) {
      this.#key = WebhookKey.open(this.#broker.store.map, this.#broker.world);
      this.#key.catch(() => (this.#key = undefined));
    }
    return this.#key;
  }

  /** Creates a subscription, or confirms the one that was asked for in the same words. */
  put(
    id: string,
    config: SubscriptionConfig,
    origin: string,
  ): Promise<{ readonly created: boolean; readonly actor: SubscriptionActor } | Refusal> {
    return this.#queue.request(async () => {
      const existing = this.find(id);
      if (existing === undefined) return this.#create(id, config, origin);
      if (JSON.stringify(existing.state.config) !== JSON.stringify(config)) {
        const message = `Subscription ${quoted(id)} was asked for in other words`;
        return { refused: 'SUBSCRIPTION_ALREADY_EXISTS', message };
      }
      const refusal = await existing.confirm(origin);
      return refusal ?? { created: false, actor: existing };
    });
  }

  /** Deletes a subscription; one that does not exist is no error. */
  delete(id: string): Promise<void> {
    return this.#queue.request(async () => {
      if (this.#damaged.has(id)) await this.#broker.store.log.delete(subscriptionPrefix + id);
      await this.#actors.get(id)?.delete();
      this.#damaged.delete(id);
      this.#actors.delete(id);
    });
  }

  async #open(): Promise<void> {
    const { log } = this.#broker.store;
    for await (const { stream } of listStreams(log, subscriptionPrefix)) {
      await this.#openOne(stream.slice(subscriptionPrefix.length));
    }
    if (this.#actors.size === 0) return;
    for await (const info of listStreams(log, '')) {
      const watchers = this.#watch.watchersOf(info.stream);
      if (watchers.length === 0) continue;
      const work = await findWork(this.#broker, this.#watch, info);
      for (const watcher of watchers) watcher.seen(info, work);
    }
  }

  async #openOne(id: string): Promise<void> {
    const broker = this.#broker;
    try {
      const log = await SubscriptionLog.open(broker, id);
      const streams = new LinkedStreams({ broker, watch: this.#watch, config: log.state.config });
      streams.begin(log.state);
      this.#add(id, log, streams);
    } catch (error) {
      broker.log.error({ subscription: id, error }, 'a subscription cannot be read, and is left alone');
      const message = `Subscription ${quoted(id)} cannot be read`;
      this.#damaged.set(id, new PacketboatError('damaged', message, { cause: error }));
    }
  }

  async #create(
    id: string,
    config: SubscriptionConfig,
    origin: string,
  ): Promise<{ readonly created: true; readonly actor: SubscriptionActor } | Refusal> {
    const broker = this.#broker;
    const refusal = this.#checkConfig(config);
    if (refusal !== undefined) return refusal;
    // It watches before the store is asked, so that no commit falls between.
    const streams = new LinkedStreams({ broker, watch: this.#watch, config });
    try {
      streams.follow(config.streams);
      const found = await this.#findLinks(config, streams);
      if (isRefusal(found)) {
        streams.stop();
        return found;
      }
      const state = this.#makeState(config, origin, found);
      const log = await SubscriptionLog.create(broker, id, state);
      streams.begin(state, found);
      const actor = this.#add(id, log, streams);
      if (this.#stopped) actor.stop();
      else actor.start();
      return { created: true, actor };
    } catch (error) {
      streams.stop();
      throw error;
    }
  }

  #add(id: string, log: SubscriptionLog, streams: LinkedStreams): SubscriptionActor {
    const announce = this.#makeAnnounce(log.state.config.type);
    const actor = new SubscriptionActor({ id, broker: this.#broker, log, streams, announce });
    this.#actors.set(id, actor);
    return actor;
  }

  #makeAnnounce(type: SubscriptionConfig['type']): Announce {
    const broker = this.#broker;
    if (type === 'pull-wake') return announcePullWake(broker);
    const key = () => this.key();
    return announceWebhook({ broker, options: this.#webhooks, slots: this.#slots, key, call: this.#call });
  }

  /** What is wrong with a configuration beyond its form. */
  #checkConfig(config: SubscriptionConfig): Refusal | undefined {
    const { subscriptionsMax } = this.#broker.limits;
    if (this.#actors.size >= subscriptionsMax) {
      return { refused: 'LIMIT_REACHED', message: `There are ${subscriptionsMax} subscriptions (subscriptionsMax)` };
    }
    if (config.webhookUrl !== undefined) {
      const { public: isPublic = false, loopback = false } = this.#webhooks;
      if (!isPublic && !loopback) return { refused: 'INVALID_REQUEST', message: 'This server calls no webhooks' };
      const target = webhookTarget(config.webhookUrl, this.#webhooks);
      if (typeof target === 'string') return { refused: 'WEBHOOK_URL_REJECTED', message: target };
    }
    return undefined;
  }

  /** The streams that a new subscription links: those it names, and those that exist and its pattern means. */
  async #findLinks(config: SubscriptionConfig, streams: LinkedStreams): Promise<LookedUpStream[] | Refusal> {
    const { subscriptionBytesMax } = this.#broker.limits;
    const named = new Set(config.streams);
    let bytes = rememberedBytes({ config, links: new Map() });
    const isRoom = (stream: string) => (bytes += linkBytes(stream)) <= subscriptionBytesMax;
    const full: Refusal = {
      refused: 'LIMIT_REACHED',
      message: `A subscription remembers ${subscriptionBytesMax} bytes at most (subscriptionBytesMax)`,
    };
    if (!config.streams.every(isRoom)) return full;
    const found = await streams.lookUp(config.streams);
    const { pattern } = streams;
    if (pattern === undefined) return found;
    for await (const info of listStreams(this.#broker.store.log, pattern.prefix)) {
      const { stream } = info;
      if (!pattern.matches(stream) || isReservedName(stream) || named.has(stream)) continue;
      if (!isRoom(stream)) return full;
      found.push({ stream, info, work: info.tail });
    }
    return found;
  }

  #makeState(config: SubscriptionConfig, origin: string, found: readonly LookedUpStream[]): SubscriptionState {
    const named = new Set(config.streams);
    const links = new Map<string, Link>();
    for (const each of found) links.set(each.stream, linkAtTail(each, named.has(each.stream)));
    const createdMs = Number(this.#broker.world.clock.wallNs() / 1_000_000n);
    return { config, origin, createdMs, generation: 0, wake: undefined, links };
  }
}
