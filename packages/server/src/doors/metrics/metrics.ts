import type { Broker } from '../../broker/broker.ts';
import type { Subscriptions } from '../../subscriptions/subscriptions.ts';
import type { Connections } from '../connections.ts';
import type { HttpMeter } from './http_meter.ts';
import { MetricSet } from './metric_set.ts';
import { addProcessMetrics } from './process_metrics.ts';
import { addSessionMetrics } from './session_metrics.ts';
import { addStoreMetrics } from './store_metrics.ts';

/** Where metrics are counted. */
export interface MetricSources {
  readonly broker: Broker;
  readonly connections: Connections;
  readonly subscriptions: Subscriptions;
  readonly meter: HttpMeter;
}

/** What `/metrics` shows. */
export function makeMetrics(sources: MetricSources): MetricSet {
  const metrics = new MetricSet();
  addConnectionMetrics(metrics, sources);
  addSessionMetrics(metrics, sources.broker);
  addAppendMetrics(metrics, sources);
  addReaderMetrics(metrics, sources);
  addStoreMetrics(metrics, sources.broker.store);
  addProcessMetrics(metrics, sources.broker.world.clock);
  return metrics;
}

function addConnectionMetrics(metrics: MetricSet, { broker, connections, meter }: MetricSources): void {
  const { counters } = broker;
  metrics.gauge('connections', 'Open sockets.', () => connections.count);
  metrics.gauge('connections_max', 'Sockets above which connections are refused.', () => connections.max);
  metrics.counter('network_received_bytes_total', 'Bytes that came over sockets.', () => connections.bytesReceived);
  metrics.counter('network_sent_bytes_total', 'Bytes that left over sockets.', () => connections.bytesSent);
  metrics.counters(
    'http_requests_total',
    'Requests over HTTP that were answered; 499: the peer had left.',
    ['route', 'method', 'status'],
    () => meter.requests,
  );
  metrics.gauge('http_requests_in_flight', 'Requests that are being answered.', () => meter.inFlight);
  metrics.histograms(
    'http_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    () => meter.seconds,
  );
  metrics.counters('refusals_total', 'Refusals of any kind, by error code.', ['code'], () =>
    [...counters.refusals].map(([code, count]) => [{ code }, count]),
  );
}

function addAppendMetrics(metrics: MetricSet, { broker }: MetricSources): void {
  const { counters } = broker;
  metrics.counter('batches_received_total', 'Batches taken from producers and doors.', () => counters.batchesReceived);
  metrics.counter('batch_received_bytes_total', 'Bytes of those batches.', () => counters.batchBytesReceived);
  metrics.counter('lines_received_total', 'Lines taken at the line door.', () => counters.linesReceived);
  metrics.counter('receipts_sent_total', 'Receipts sent; one may acknowledge many batches.', () => {
    return counters.receiptsSent;
  });
  metrics.gauge('append_backlog', 'Appends that the store has not answered.', () => broker.backlog.appends);
  metrics.gauge('append_backlog_bytes', 'Bytes of those appends.', () => broker.backlog.bytes);
  metrics.gauge('http_body_bytes', 'Bytes of request bodies on their way in.', () => broker.bodies.bytes);
}

function addReaderMetrics(metrics: MetricSet, { broker, subscriptions }: MetricSources): void {
  const { counters, liveReaders } = broker;
  metrics.gauge('subscriptions', 'Subscriptions of all connections.', () => broker.feeds.subscriptionCount);
  metrics.gauges('live_readers', 'Readers that wait for news over HTTP, by kind.', ['kind'], () => [
    [{ kind: 'long-poll' }, liveReaders.count('longPoll')],
    [{ kind: 'sse' }, liveReaders.count('sse')],
  ]);
  metrics.gauge('catch_up_reads', 'Reads of the store for catching up, waiting or running.', () => broker.reads.length);
  metrics.counter('frames_sent_total', 'Binary messages sent to readers.', () => counters.framesSent);
  metrics.counter('frame_sent_bytes_total', 'Bytes of those messages.', () => counters.frameBytesSent);
  metrics.gauge('wake_subscriptions', 'Webhook and pull-wake subscriptions.', () => subscriptions.size);
  metrics.counter('webhook_calls_total', 'Calls of webhooks.', () => counters.webhookCalls);
  metrics.counter('webhook_failures_total', 'Those that failed and are tried again.', () => counters.webhookFailures);
}
