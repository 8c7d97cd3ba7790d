/**
 * Tells when the spool's files change under another process's hands. Events of the file system may be merged or
 * missing, so the question is also asked at intervals. And they come with the write, while the commit is seen only
 * after its sync: so it is asked again and again for a while after each.
 */
import { type FSWatcher, watch } from 'node:fs';
import type { Timer, World } from '@packetboat/core';

const pollMs = 1_000;
/** When it is asked again after an event; then after twice as long, and so on until the poll does. */
const againFirstMs = 5;

export class PutWatch {
  readonly #world: World;
  readonly #version: () => number;
  readonly #changed: () => void;
  readonly #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #again: Timer | undefined;
  #seen: number;

  /**
   * @param version Differs from its last answer when another process has committed.
   * @param changed Called after that. It and `version` must not throw.
   */
  constructor(folder: string, world: World, version: () => number, changed: () => void) {
    this.#world = world;
    this.#version = version;
    this.#changed = changed;
    this.#seen = version();
    this.#watcher = openWatcher(folder, () => this.#lookUntilSeen(againFirstMs));
    this.#poll();
  }

  close(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
    this.#again?.cancel();
  }

  #poll(): void {
    this.#timer = this.#world.timers.after(pollMs, () => {
      this.#look();
      this.#poll();
    });
  }

  #lookUntilSeen(againMs: number): void {
    this.#again?.cancel();
    if (this.#look() || againMs >= pollMs) return;
    this.#again = this.#world.timers.after(againMs, () => this.#lookUntilSeen(2 * againMs));
  }

  /** Whether there was a change. */
  #look(): boolean {
    const version = this.#version();
    if (version === this.#seen) return false;
    this.#seen = version;
    this.#changed();
    return true;
  }
}

/** Without a watcher (the system allows each user only so many) the poll does alone. */
function openWatcher(folder: string, look: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, look).on('error', () => {});
  } catch {
    return undefined;
  }
}
