import type { ProxyCounters } from './proxy.ts';
import type { ProxySet } from './proxy_set.ts';

/** One line of a metric. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric, and what it shows of one proxy. */
interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: (counters: ProxyCounters) => Sample[];
}

const metrics: readonly Metric[] = [
  {
    name: 'connections_total',
    type: 'counter',
    help: 'Connections accepted.',
    samples: ({ connections }) => [{ labels: {}, value: connections }],
  },
  {
    name: 'connections_refused_total',
    type: 'counter',
    help: 'Connections closed at once, as the system allows no more open files.',
    samples: ({ refused }) => [{ labels: {}, value: refused }],
  },
  {
    name: 'connections_open',
    type: 'gauge',
    help: 'Connections that exist.',
    samples: ({ open }) => [{ labels: {}, value: open }],
  },
  {
    name: 'connection_ends_total',
    type: 'counter',
    help: 'Connections that ended, by cause.',
    samples: ({ ends }) => byLabel('cause', ends),
  },
  {
    name: 'passed_bytes_total',
    type: 'counter',
    help: 'Bytes handed on.',
    samples: ({ passedBytes }) => byLabel('direction', passedBytes),
  },
  {
    name: 'swallowed_bytes_total',
    type: 'counter',
    help: 'Bytes that vanished in a fault.',
    samples: ({ swallowedBytes }) => byLabel('direction', swallowedBytes),
  },
  {
    name: 'held_bytes',
    type: 'gauge',
    help: 'Bytes on their way.',
    samples: ({ heldBytes }) => byLabel('direction', heldBytes),
  },
  {
    name: 'faults_total',
    type: 'counter',
    help: 'Faults begun, by kind.',
    samples: ({ faults }) => byLabel('fault', faults),
  },
];

/** What all proxies have counted, in the text format of Prometheus. */
export function metricsText(proxies: ProxySet): string {
  const counted = proxies.entries().map(([name, proxy]) => [name, proxy.counters] as const);
  const lines: string[] = [];
  for (const { name, type, help, samples } of metrics) {
    const full = `packetboat_proxy_${name}`;
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [proxy, counters] of counted) {
      for (const { labels, value } of samples(counters))
        lines.push(`${full}${labelText({ proxy, ...labels })} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/["\\]/g, '\\$&')}"`);
  return `{${pairs.join(',')}}`;
}
