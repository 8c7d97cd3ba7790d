import type { HistogramCounts } from '@packetboat/core';
import { Counter, Gauge, Registry } from 'prom-client';
import { histogramText, type LabelledCounts } from './histogram_text.ts';

/** A value, and the labels that tell it apart from others of its name. */
export type LabelledValue = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Metrics that are read from where they are counted whenever somebody asks. Names get the prefix of this product. */
export class MetricSet {
  readonly #registry = new Registry();
  readonly #histograms: (() => string)[] = [];

  /** What `Content-Type` says. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of them in Prometheus' text format. */
  async text(): Promise<string> {
    const texts = [await this.#registry.metrics(), ...this.#histograms.map((write) => write())];
    return texts.join('\n');
  }

  counter(name: string, help: string, value: () => number): void {
    this.counters(name, help, [], () => [[{}, value()]]);
  }

  gauge(name: string, help: string, value: () => number): void {
    this.gauges(name, help, [], () => [[{}, value()]]);
  }

  counters(name: string, help: string, labelNames: readonly string[], values: () => Iterable<LabelledValue>): void {
    const counter = new Counter({
      name: prefixed(name),
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const [labels, value] of values()) this.inc(labels, value);
      },
    });
    this.#registry.registerMetric(counter);
  }

  gauges(name: string, help: string, labelNames: readonly string[], values: () => Iterable<LabelledValue>): void {
    const gauge = new Gauge({
      name: prefixed(name),
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const [labels, value] of values()) this.set(labels, value);
      },
    });
    this.#registry.registerMetric(gauge);
  }

  histogram(name: string, help: string, counts: () => HistogramCounts): void {
    this.histograms(name, help, () => [[{}, counts()]]);
  }

  histograms(name: string, help: string, counts: () => Iterable<LabelledCounts>): void {
    this.#histograms.push(() => histogramText(prefixed(name), help, counts()));
  }
}

/** Names that every Prometheus client shares stay as they are. */
function prefixed(name: string): string {
  return /^(?:process|nodejs)_/.test(name) ? name : `packetboat_${name}`;
}
