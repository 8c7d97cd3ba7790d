import { Counter, Gauge, Registry } from 'prom-client';
import type { Broker } from '../broker/broker.ts';
import type { Connections } from './connections.ts';

/** What `/metrics` shows (Prometheus), read from broker and store when somebody asks. */
export function makeMetrics(broker: Broker, connections: Connections): Registry {
  const registry = new Registry();
  const registers = [registry];
  const { counters } = broker;
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `packetboat_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `packetboat_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });

  gauge('connections', 'Open sockets.', () => connections.count);
  gauge('connections_max', 'Sockets above which connections are refused.', () => connections.max);
  gauge('sessions', 'Sessions on this server.', () => broker.connections.size);
  counter('sessions_opened_total', 'Sessions welcomed.', () => counters.connectionsOpened);
  gauge('subscriptions', 'Subscriptions of all connections.', () => broker.feeds.subscriptionCount);
  gauge('catch_up_reads', 'Reads of the store for catching up, waiting or running.', () => broker.reads.length);
  counter('batches_received_total', 'Batches taken from producers and doors.', () => counters.batchesReceived);
  counter('batch_bytes_received_total', 'Bytes of those batches.', () => counters.batchBytesReceived);
  counter('lines_received_total', 'Lines taken at the line door.', () => counters.linesReceived);
  counter('receipts_sent_total', 'Receipts sent; one may acknowledge many batches.', () => counters.receiptsSent);
  counter('frames_sent_total', 'Binary messages sent to readers.', () => counters.framesSent);
  counter('frame_bytes_sent_total', 'Bytes of those messages.', () => counters.frameBytesSent);
  gauge('append_backlog', 'Appends that the store has not answered.', () => broker.backlog.appends);
  gauge('append_backlog_bytes', 'Bytes of those appends.', () => broker.backlog.bytes);

  const liveReaders = new Gauge({
    name: 'packetboat_live_readers',
    help: 'Readers that wait for news over HTTP, by kind.',
    labelNames: ['kind'],
    registers: [],
    collect() {
      this.set({ kind: 'long-poll' }, broker.liveReaders.count('longPoll'));
      this.set({ kind: 'sse' }, broker.liveReaders.count('sse'));
    },
  });
  registry.registerMetric(liveReaders);

  const { store } = broker;
  gauge('store_ready', '1 when the store takes appends.', () => (store.health().state === 'ready' ? 1 : 0));
  counter('store_commits_total', 'Commits.', () => store.health().commits);
  counter('store_syncs_total', 'Syncs of the disk.', () => store.health().syncs);
  counter('store_appended_batches_total', 'Batches stored.', () => store.health().appendedBatches);
  counter('store_appended_bytes_total', 'Bytes of batches stored.', () => store.health().appendedBytes);
  gauge('store_last_commit_seconds', 'How long the last commit took.', () => store.health().lastCommitMs / 1_000);
  gauge('store_wal_bytes', 'Bytes of the write-ahead log.', () => store.health().walBytes);
  gauge('store_streams', 'Streams in the store.', () => store.health().streams);
  gauge('store_losses', 'Streams with a detected loss.', () => store.health().losses);
  gauge('store_damaged_rows', 'Rows found damaged.', () => store.health().damagedRows);

  const refusals = new Counter({
    name: 'packetboat_refusals_total',
    help: 'Refusals of any kind, by error code.',
    labelNames: ['code'],
    registers: [],
    collect() {
      this.reset();
      for (const [code, count] of counters.refusals) this.inc({ code }, count);
    },
  });
  registry.registerMetric(refusals);
  return registry;
}
