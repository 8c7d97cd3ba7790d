import type { Store } from '@packetboat/core';
import type { MetricSet } from './metric_set.ts';

/** What the store tells of itself. */
export function addStoreMetrics(metrics: MetricSet, store: Store): void {
  const health = () => store.health();
  metrics.gauges('store_info', 'Always 1; how durable an acknowledged append is.', ['durability'], () => [
    [{ durability: store.durability }, 1],
  ]);
  metrics.gauge('store_ready', '1 when the store takes appends.', () => (health().state === 'ready' ? 1 : 0));
  metrics.gauges('store_state', '1 for the state that the store is in.', ['state'], () =>
    ['ready', 'full', 'failed', 'closed'].map((state) => [{ state }, health().state === state ? 1 : 0]),
  );
  metrics.counter('store_commits_total', 'Commits.', () => health().commits);
  metrics.counter('store_syncs_total', 'Syncs of the disk.', () => health().syncs);
  metrics.counter('store_appended_batches_total', 'Batches stored.', () => health().appendedBatches);
  metrics.counter('store_appended_bytes_total', 'Bytes of batches stored.', () => health().appendedBytes);
  metrics.gauge('store_queued_bytes', 'Bytes of appends that wait for their commit.', () => health().queuedBytes);
  metrics.gauge('store_wal_bytes', 'Bytes of the write-ahead log.', () => health().walBytes);
  metrics.gauge('store_streams', 'Streams in the store.', () => health().streams);
  metrics.gauge('store_losses', 'Streams with a detected loss.', () => health().losses);
  metrics.gauge('store_damaged_rows', 'Rows found damaged.', () => health().damagedRows);
  const perCommit = () => health().perCommit;
  metrics.histogram(
    'store_commit_duration_seconds',
    'Time from the first decision of a commit to its last byte on the disk.',
    () => perCommit().seconds,
  );
  metrics.histogram(
    'store_sync_duration_seconds',
    'Time that a commit spent on writing to the disk and syncing it.',
    () => perCommit().syncSeconds,
  );
  metrics.histogram('store_commit_batches', 'Batches that one commit stored.', () => perCommit().batches);
  metrics.histogram('store_commit_bytes', 'Bytes of batches that one commit stored.', () => perCommit().bytes);
  metrics.histogram('store_commit_segments', 'Segments that one commit stored.', () => perCommit().segments);
}
