import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, Histogram } from '@packetboat/core';
import type { LabelledCounts } from './histogram_text.ts';
import type { LabelledValue } from './metric_set.ts';

/** Methods that are told apart; whoever makes up others makes no more of them. */
const methods: readonly string[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts requests by route, method and status, and how long their answers took. */
export class HttpMeter {
  readonly #clock: Clock;
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();
  readonly #seconds = new Map<string, Histogram>();
  #inFlight = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that are being answered; live readers are, as long as they are served. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get requests(): LabelledValue[] {
    return [...this.#counts.values()].map(({ labels, value }) => [labels, value]);
  }

  /** From a request's head to the end of its answer. */
  get seconds(): LabelledCounts[] {
    return [...this.#seconds].map(([route, histogram]) => [{ route }, histogram.counts]);
  }

  /** @param route What stands for all paths that one door answers. */
  watch(route: string, request: IncomingMessage, response: ServerResponse): void {
    const { method = '' } = request;
    const fromMs = this.#clock.monotonicMs();
    this.#inFlight += 1;
    response.once('close', () => {
      this.#inFlight -= 1;
      // A peer that left before it was answered has no status: proxies write 499.
      const status = response.headersSent ? String(response.statusCode) : '499';
      this.#count({ route, method: methods.includes(method) ? method : 'other', status });
      const histogram = this.#seconds.get(route) ?? new Histogram(secondsBounds);
      this.#seconds.set(route, histogram);
      histogram.observe((this.#clock.monotonicMs() - fromMs) / 1_000);
    });
  }

  #count(labels: Readonly<Record<string, string>>): void {
    const key = Object.values(labels).join(' ');
    const count = this.#counts.get(key) ?? { labels, value: 0 };
    this.#counts.set(key, count);
    count.value += 1;
  }
}
