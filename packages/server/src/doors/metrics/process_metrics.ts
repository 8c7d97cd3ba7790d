import type { Clock } from '@packetboat/core';
import { openFiles } from '@packetboat/core/open-files';
import { serverVersion } from '../../server_version.ts';
import type { MetricSet } from './metric_set.ts';

/** What the process tells of itself, under the names that Prometheus' clients share. */
export function addProcessMetrics(metrics: MetricSet, clock: Clock): void {
  const startSeconds = Number(clock.wallNs() / 1_000_000n) / 1_000 - process.uptime();
  const [, version = ''] = serverVersion.split('/');
  metrics.gauges('build_info', 'Always 1; what is running.', ['version', 'node'], () => [
    [{ version, node: process.versions.node }, 1],
  ]);
  metrics.gauge('process_start_time_seconds', 'When the process was started.', () => startSeconds);
  metrics.counter('process_cpu_seconds_total', 'Time on processors, all threads.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  metrics.gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed);
  metrics.gauge('nodejs_external_memory_bytes', 'Memory of buffers, outside the heap.', () => {
    return process.memoryUsage().external;
  });
  metrics.counter(
    'nodejs_eventloop_active_seconds_total',
    'Time in which the main thread was busy: at one second a second it is the bottleneck.',
    () => performance.eventLoopUtilization().active / 1_000,
  );
  metrics.gauge('process_open_fds', 'Open files and sockets.', openFiles);
}
