import type { LogListener, Segment, StreamInfo } from '@packetboat/core';

/** Tells several listeners of every commit, in the order they were added: a store knows only one. */
export class CommitListeners implements LogListener {
  readonly #listeners: LogListener[] = [];

  add(listener: LogListener): void {
    this.#listeners.push(listener);
  }

  segment(segment: Segment): void {
    for (const listener of this.#listeners) listener.segment(segment);
  }

  trimmed(info: StreamInfo): void {
    for (const listener of this.#listeners) listener.trimmed(info);
  }

  deleted(stream: string, incarnation: string): void {
    for (const listener of this.#listeners) listener.deleted(stream, incarnation);
  }
}
