/**
 * Tells when the spool's files change under another process's hands. Events of the file system come at once but
 * may be merged or missing, so the question is also asked at intervals.
 */
import { type FSWatcher, watch } from 'node:fs';
import type { Timer, World } from '@packetboat/core';

const pollMs = 1_000;

export class PutWatch {
  readonly #world: World;
  readonly #version: () => number;
  readonly #changed: () => void;
  readonly #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
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
    this.#watcher = openWatcher(folder, () => this.#look());
    this.#poll();
  }

  close(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
  }

  #poll(): void {
    this.#timer = this.#world.timers.after(pollMs, () => {
      this.#look();
      this.#poll();
    });
  }

  #look(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.#changed();
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
