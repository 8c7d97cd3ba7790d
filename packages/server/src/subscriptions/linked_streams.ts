import type { Segment, StreamInfo } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { type FoundStream, linkBytes, rememberedBytes } from './decide_links.ts';
import type { Tails } from './link_info.ts';
import { StreamPattern } from './stream_pattern.ts';
import type { StreamWatch, StreamWatcher } from './stream_watch.ts';
import type { SubscriptionConfig, SubscriptionEvent, SubscriptionState } from './subscription_state.ts';

/** What {@linkcode LinkedStreams} needs. */
export interface LinkedStreamsOptions {
  readonly broker: Broker;
  readonly watch: StreamWatch;
  readonly config: SubscriptionConfig;
}

/** A stream that was looked up in the store. */
export interface LookedUpStream extends FoundStream {
  readonly info: StreamInfo | undefined;
}

/** Streams that are looked up at a time. */
const lookUpsMax = 64;

/**
 * What one subscription knows of the streams it links, or may link: where they end, and of which there is news that
 * only the store can explain. Commits to streams that it knows cost a comparison each.
 */
export class LinkedStreams implements StreamWatcher {
  readonly pattern: StreamPattern | undefined;
  /** Called when something has changed. */
  onNews: () => void = () => undefined;
  /** Streams that were not linked because the subscription is full (`subscriptionBytesMax`), since the start. */
  refused = 0;
  readonly #broker: Broker;
  readonly #watch: StreamWatch;
  readonly #config: SubscriptionConfig;
  readonly #tails = new Map<
    string,
    { readonly incarnation: string; readonly lineage: string; tail: number; work: number }
  >();
  readonly #news = new Set<string>();
  #linked: SubscriptionState['links'] = new Map();
  /** Bytes that further links may take. */
  #room: number;

  /** Watches what the pattern means from now on. */
  constructor({ broker, watch, config }: LinkedStreamsOptions) {
    this.#broker = broker;
    this.#watch = watch;
    this.#config = config;
    this.#room = broker.limits.subscriptionBytesMax;
    this.pattern = config.pattern === undefined ? undefined : new StreamPattern(config.pattern);
    if (config.wakeStream !== undefined) watch.addWakeStream(config.wakeStream);
    watch.add(this);
  }

  get tails(): Tails {
    return this.#tails;
  }

  get hasNews(): boolean {
    return this.#news.size > 0;
  }

  /** Watches nothing any more. */
  stop(): void {
    this.#watch.remove(this);
    if (this.#config.wakeStream !== undefined) this.#watch.removeWakeStream(this.#config.wakeStream);
    this.onNews = () => undefined;
  }

  /** Watches streams that are to be linked by name. */
  follow(streams: Iterable<string>): void {
    for (const stream of streams) this.#watch.follow(stream, this);
  }

  /** Takes back {@linkcode follow} of those that were not linked. */
  unfollow(streams: Iterable<string>): void {
    for (const stream of streams) {
      if (this.#linked.get(stream)?.explicit !== true) this.#watch.unfollow(stream, this);
    }
  }

  committed({ stream, incarnation, base, count }: Segment, isWork: boolean): void {
    const known = this.#tails.get(stream);
    if (known?.incarnation !== incarnation) {
      if (isWork || this.#linked.has(stream)) this.note(stream);
      return;
    }
    known.tail = Math.max(known.tail, base + count);
    if (!isWork) return;
    known.work = known.tail;
    this.onNews();
  }

  deleted(stream: string): void {
    this.note(stream);
  }

  /** Takes what a listing of the store says of a stream. */
  seen(info: StreamInfo): void {
    const link = this.#linked.get(info.stream);
    if (link?.incarnation === info.incarnation) this.#learn(info);
    else if (link !== undefined || info.tail > 0) this.note(info.stream);
  }

  /** Has a stream looked up, unless there is no room for one more. */
  note(stream: string): void {
    if (!this.#news.has(stream) && !this.#linked.has(stream)) {
      const bytes = linkBytes(stream);
      if (bytes > this.#room) {
        if (this.refused === 0) this.#broker.log.warn({ stream }, 'a subscription is full (subscriptionBytesMax)');
        this.refused += 1;
        return;
      }
      this.#room -= bytes;
    }
    this.#news.add(stream);
    this.onNews();
  }

  /** Has those linked streams looked up that no listing of the store has shown. */
  noteUnseen(): void {
    for (const stream of this.#linked.keys()) if (!this.#tails.has(stream)) this.note(stream);
  }

  /** Takes streams of which there is news, some at a time. */
  takeNews(): string[] {
    const streams = [...this.#news.keys().take(lookUpsMax)];
    for (const stream of streams) this.#news.delete(stream);
    return streams;
  }

  /** Gives back what could not be dealt with. */
  putBack(streams: readonly string[]): void {
    for (const stream of streams) this.#news.add(stream);
  }

  /** Asks the store for streams. */
  lookUp(streams: readonly string[]): Promise<LookedUpStream[]> {
    const { log } = this.#broker.store;
    return Promise.all(
      streams.map(async (stream) => {
        const info = await log.info(stream);
        return { stream, info: typeof info === 'string' ? undefined : info };
      }),
    );
  }

  /** Begins with a state that was made or read. @param found What the store says of its links, if that is known. */
  begin(state: SubscriptionState, found: readonly LookedUpStream[] = []): void {
    this.update(state, [], found);
    this.#countRoom(state);
    for (const [stream, { explicit }] of state.links) if (explicit) this.#watch.follow(stream, this);
  }

  /** Goes on with the state that `events` have led to. @param found What the store says of the streams in them. */
  update(state: SubscriptionState, events: readonly SubscriptionEvent[], found: readonly LookedUpStream[]): void {
    this.#linked = state.links;
    for (const each of events) {
      if (each.event === 'linked') for (const { stream, explicit } of each.links) this.#follow(stream, explicit);
      if (each.event === 'unlinked') for (const stream of each.streams) this.#forget(stream);
    }
    for (const { info } of found) if (info !== undefined && state.links.has(info.stream)) this.#learn(info);
    if (events.some(({ event }) => event === 'linked' || event === 'unlinked')) this.#countRoom(state);
  }

  #countRoom(state: SubscriptionState): void {
    const waiting = [...this.#news].filter((stream) => !state.links.has(stream));
    const waitingBytes = waiting.reduce((sum, stream) => sum + linkBytes(stream), 0);
    this.#room = this.#broker.limits.subscriptionBytesMax - rememberedBytes(state) - waitingBytes;
  }

  #learn({ stream, incarnation, lineage, tail }: StreamInfo): void {
    const known = this.#tails.get(stream);
    // What it is told of commits is newer, and tells work from wakes.
    if (known?.incarnation !== incarnation) this.#tails.set(stream, { incarnation, lineage, tail, work: tail });
  }

  #follow(stream: string, explicit: boolean): void {
    if (explicit) this.#watch.follow(stream, this);
    else this.#watch.unfollow(stream, this);
  }

  #forget(stream: string): void {
    this.#watch.unfollow(stream, this);
    this.#tails.delete(stream);
  }
}
