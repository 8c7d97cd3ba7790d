/** Tells a person that the link broke, that it is being mended, and when it is back. */
import type { StatusChange } from '@packetboat/client';
import type { Clock } from '@packetboat/core';
import { describeDuration } from './describe.ts';
import type { Terminal } from './terminal.ts';

/** A long outage is told again after this time, not at each attempt. */
const againMs = 30_000;

export class LinkTeller {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #terminal: Terminal;
  #wasConnected = false;
  /** Since when there is no link, and when that was told last. */
  #outage: { readonly sinceMs: number; toldMs: number } | undefined;

  constructor(url: string, clock: Clock, terminal: Terminal) {
    this.#url = url;
    this.#clock = clock;
    this.#terminal = terminal;
  }

  /** To be given to `connect` as `onStatus`. */
  readonly heard = ({ status, attempt = 0, retryInMs = 0, reason }: StatusChange): void => {
    const nowMs = this.#clock.monotonicMs();
    if (status === 'connected') {
      if (this.#outage !== undefined) {
        const again = this.#wasConnected ? ` again after ${describeDuration(nowMs - this.#outage.sinceMs)}` : '';
        this.#terminal.say(this.#terminal.styleErr('green', `connected to ${this.#url}${again}`));
      }
      this.#outage = undefined;
      this.#wasConnected = true;
    } else if (status === 'waiting') {
      const outage = (this.#outage ??= { sinceMs: nowMs, toldMs: -Infinity });
      const next = describeDuration(Math.max(retryInMs, 100));
      if (nowMs - outage.toldMs < againMs) {
        this.#terminal.live(`down for ${describeDuration(nowMs - outage.sinceMs)}; attempt ${attempt + 1} in ${next}`);
        return;
      }
      outage.toldMs = nowMs;
      const what = this.#wasConnected ? `the link to ${this.#url} is down` : `cannot reach ${this.#url}`;
      const why = reason === undefined ? '' : `: ${reason.message}`;
      this.#terminal.warn(`${what}${why}; trying again in ${next}`);
    }
  };
}
