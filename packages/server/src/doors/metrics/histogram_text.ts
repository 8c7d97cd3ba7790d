import type { HistogramCounts } from '@packetboat/core';

/** Counts that a label tells apart from others of the same name, such as `route="/v1/*"`. */
export type LabelledCounts = readonly [labels: Readonly<Record<string, string>>, counts: HistogramCounts];

/**
 * A histogram in Prometheus' text format (version 0.0.4), from counts that were kept elsewhere: prom-client only writes
 * those it has observed itself.
 */
export function histogramText(name: string, help: string, all: Iterable<LabelledCounts>): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [labels, { bounds, atMost, count, sum }] of all) {
    for (const [bucket, bound] of bounds.entries()) {
      lines.push(`${name}_bucket${labelText({ ...labels, le: String(bound) })} ${atMost[bucket] ?? 0}`);
    }
    lines.push(`${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`);
    lines.push(`${name}_sum${labelText(labels)} ${sum}`);
    lines.push(`${name}_count${labelText(labels)} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
