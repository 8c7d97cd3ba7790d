/**
 * Wakes whoever waits for a change in a folder. The folder is watched, not the file: a watch on a file goes silent
 * when the file is renamed. Events merge and may be missing (network disks, no watch to be had), so a
 * wait also ends after `pollMs`: an event says only "look now".
 */
import { type FSWatcher, watch } from 'node:fs';
import type { Timers } from '@packetboat/core';
import { pause } from '../pause.ts';

export class FolderWatch {
  readonly #folder: string;
  readonly #timers: Timers;
  readonly #pollMs: number;
  #watcher: FSWatcher | undefined;
  #changed = new AbortController();

  constructor(folder: string, timers: Timers, pollMs: number) {
    this.#folder = folder;
    this.#timers = timers;
    this.#pollMs = pollMs;
    this.#watch();
  }

  /** Settles at a change since the last wait, after `pollMs`, or when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#watcher === undefined) this.#watch();
    const changed = this.#changed.signal;
    await pause(this.#timers, this.#pollMs, AbortSignal.any([signal, changed]));
    if (changed.aborted) this.#changed = new AbortController();
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#folder, () => this.#changed.abort());
      this.#watcher.on('error', () => this.close());
    } catch {
      // No such folder yet, or no watch to be had: polling alone finds what there is.
      this.#watcher = undefined;
    }
  }
}
