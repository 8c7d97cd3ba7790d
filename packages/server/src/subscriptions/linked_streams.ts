import type { Segment, StreamInfo } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { isReservedName } from '../broker/reserved_names.ts';
import { type FoundStream, linkBytes, rememberedBytes } from './decide_links.ts';
import { findWork } from './find_work.ts';
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
  /** Where its work ends: {@linkcode findWork}. */
  readonly work: number;
}

/** Streams that are looked up at a time. */
const lookUpsMax = 64;
/** Streams that one step of a search looks at. */
const searchedMax = 500;

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
  /** News that was taken last; until it is dealt with it keeps its room. */
  #taken: ReadonlySet<string> = new Set();
  #linked: SubscriptionState['links'] = new Map();
  /** Bytes that further links may take. */
  #room: number;
  /** The least room that a stream needs which was refused since the last search for such streams began. */
  #neededRoom = Number.POSITIVE_INFINITY;
  /** How far that search is; absent while none runs. */
  #searchedTo: string | undefined;

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
    return this.#news.size > 0 || this.#isSearching;
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

  seen(info: StreamInfo, work: number): void {
    const link = this.#linked.get(info.stream);
    if (link?.incarnation === info.incarnation) this.#learn(info, work);
    else if (link !== undefined || work > 0) this.note(info.stream);
  }

  /** Has a stream looked up, unless there is no room for one more. */
  note(stream: string): void {
    if (!this.#news.has(stream) && !this.#taken.has(stream) && !this.#linked.has(stream)) {
      const bytes = linkBytes(stream);
      if (bytes > this.#room) {
        if (this.refused === 0) this.#broker.log.warn({ stream }, 'a subscription is full (subscriptionBytesMax)');
        this.refused += 1;
        this.#neededRoom = Math.min(this.#neededRoom, bytes);
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

  /** Takes streams of which there is news, some at a time. When room has come back, those that were refused are news. */
  async takeNews(): Promise<string[]> {
    if (this.#isSearching) await this.#search();
    const streams = [...this.#news.keys().take(lookUpsMax)];
    for (const stream of streams) this.#news.delete(stream);
    this.#taken = new Set(streams);
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
        if (typeof info === 'string') return { stream, info: undefined, work: 0 };
        return { stream, info, work: await findWork(this.#broker, this.#watch, info) };
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
    for (const { info, work } of found) if (info !== undefined && state.links.has(info.stream)) this.#learn(info, work);
    // What was taken and not linked gives its room back.
    if (found.length > 0 || events.some(({ event }) => event === 'unlinked')) this.#countRoom(state);
  }

  get #isSearching(): boolean {
    return this.#searchedTo !== undefined || this.#neededRoom <= this.#room;
  }

  /** Looks for streams that were refused, some at a time: nobody remembers their names. */
  async #search(): Promise<void> {
    if (this.#searchedTo === undefined) this.#neededRoom = Number.POSITIVE_INFINITY;
    if (this.pattern === undefined) return;
    this.#searchedTo ??= '';
    const page = await this.#broker.store.log.list(this.pattern.prefix, this.#searchedTo, searchedMax);
    for (const info of page) {
      if (!this.pattern.matches(info.stream) || isReservedName(info.stream)) continue;
      this.seen(info, await findWork(this.#broker, this.#watch, info));
    }
    this.#searchedTo = page.length < searchedMax ? undefined : page.at(-1)?.stream;
  }

  #countRoom(state: SubscriptionState): void {
    this.#taken = new Set();
    const waiting = [...this.#news].filter((stream) => !state.links.has(stream));
    const waitingBytes = waiting.reduce((sum, stream) => sum + linkBytes(stream), 0);
    this.#room = this.#broker.limits.subscriptionBytesMax - rememberedBytes(state) - waitingBytes;
  }

  #learn({ stream, incarnation, lineage, tail }: StreamInfo, work: number): void {
    const known = this.#tails.get(stream);
    if (known?.incarnation !== incarnation) {
      this.#tails.set(stream, { incarnation, lineage, tail, work });
      return;
    }
    // What the store says and what commits tell may overtake each other, but a stream only grows.
    known.tail = Math.max(known.tail, tail);
    known.work = Math.max(known.work, work);
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
