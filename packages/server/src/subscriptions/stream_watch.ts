import type { Crc32, LogListener, Segment, StreamInfo } from '@packetboat/core';
import { isReservedName } from '../broker/reserved_names.ts';
import type { StreamPattern } from './stream_pattern.ts';
import { tellsOfWakes } from './wake_batch.ts';

/** Who wants to know what happens to streams. */
export interface StreamWatcher {
  /** Streams it watches without naming them. */
  readonly pattern: StreamPattern | undefined;
  /** Records were committed to a stream it watches. @param isWork Whether not all of them tell of wakes. */
  committed(segment: Segment, isWork: boolean): void;
  /** An incarnation of a stream it watches has ended. */
  deleted(stream: string): void;
  /** A listing of the store shows a stream it watches. @param work Where its work ends. */
  seen(info: StreamInfo, work: number): void;
}

/** Names whose watchers are remembered; beyond it the memory begins anew. */
const rememberedMax = 10_000;

/**
 * Knows who watches which stream, and tells them of commits. A commit costs one look-up, and nothing while nobody
 * watches. Nobody watches reserved streams. What a wake writes wakes nobody: else two subscriptions that watch each
 * other's wake streams would never rest.
 */
export class StreamWatch implements LogListener {
  readonly #crc32: Crc32;
  readonly #patterns = new Set<StreamWatcher>();
  readonly #byName = new Map<string, Set<StreamWatcher>>();
  /** How many subscriptions write their wakes to a stream. */
  readonly #wakeStreams = new Map<string, number>();
  readonly #remembered = new Map<string, readonly StreamWatcher[]>();

  constructor(crc32: Crc32) {
    this.#crc32 = crc32;
  }

  /** Lets `watcher` know of the streams that its pattern matches, if it has one. */
  add(watcher: StreamWatcher): void {
    if (watcher.pattern === undefined) return;
    this.#patterns.add(watcher);
    this.#remembered.clear();
  }

  /** Tells `watcher` nothing any more. */
  remove(watcher: StreamWatcher): void {
    this.#patterns.delete(watcher);
    for (const stream of this.#byName.keys()) this.unfollow(stream, watcher);
    this.#remembered.clear();
  }

  /** Lets `watcher` know of one stream. */
  follow(stream: string, watcher: StreamWatcher): void {
    const watchers = this.#byName.get(stream) ?? new Set();
    this.#byName.set(stream, watchers.add(watcher));
    this.#remembered.delete(stream);
  }

  unfollow(stream: string, watcher: StreamWatcher): void {
    const watchers = this.#byName.get(stream);
    if (watchers?.delete(watcher) !== true) return;
    if (watchers.size === 0) this.#byName.delete(stream);
    this.#remembered.delete(stream);
  }

  /** Says that wakes are written to `stream`, until as many calls of {@linkcode removeWakeStream}. */
  addWakeStream(stream: string): void {
    this.#wakeStreams.set(stream, (this.#wakeStreams.get(stream) ?? 0) + 1);
  }

  removeWakeStream(stream: string): void {
    const count = (this.#wakeStreams.get(stream) ?? 0) - 1;
    if (count > 0) this.#wakeStreams.set(stream, count);
    else this.#wakeStreams.delete(stream);
  }

  isWakeStream(stream: string): boolean {
    return this.#wakeStreams.has(stream);
  }

  /** Who watches `stream`. */
  watchersOf(stream: string): readonly StreamWatcher[] {
    const remembered = this.#remembered.get(stream);
    if (remembered !== undefined) return remembered;
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    const watchers = this.#find(stream);
    this.#remembered.set(stream, watchers);
    return watchers;
  }

  segment(segment: Segment): void {
    if (this.#isIdle || segment.count === 0) return;
    const watchers = this.watchersOf(segment.stream);
    if (watchers.length === 0) return;
    const isWork = !this.isWakeStream(segment.stream) || !tellsOfWakes(segment, this.#crc32);
    for (const watcher of watchers) watcher.committed(segment, isWork);
  }

  trimmed(): void {}

  deleted(stream: string): void {
    if (this.#isIdle) return;
    for (const watcher of this.watchersOf(stream)) watcher.deleted(stream);
  }

  get #isIdle(): boolean {
    return this.#patterns.size === 0 && this.#byName.size === 0;
  }

  #find(stream: string): readonly StreamWatcher[] {
    if (isReservedName(stream)) return [];
    const watchers = new Set(this.#byName.get(stream));
    for (const watcher of this.#patterns) if (watcher.pattern?.matches(stream) === true) watchers.add(watcher);
    return [...watchers];
  }
}
