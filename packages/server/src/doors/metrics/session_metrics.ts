import type { Broker } from '../../broker/broker.ts';
import type { MetricSet } from './metric_set.ts';

/** Adds what is told of sessions and of the connections that carry them. */
export function addSessionMetrics(metrics: MetricSet, { connections, sessions, sequences, counters }: Broker): void {
  metrics.gauge('session_connections', 'WebSockets at the session door, also those not welcomed yet.', () => {
    return connections.size;
  });
  metrics.gauge('sessions_attached', 'Sessions that have a connection.', () => sessions.attached);
  metrics.gauge('sessions_detached', 'Sessions kept for their window.', () => sessions.detached);
  metrics.counter('sessions_opened_total', 'New sessions.', () => counters.sessionsOpened);
  metrics.counter('sessions_resumed_total', 'Times a session went on over another connection.', () => {
    return counters.sessionsResumed;
  });
  metrics.counter('sessions_taken_over_total', 'Times its earlier connection was still there, and was closed.', () => {
    return counters.sessionsTakenOver;
  });
  metrics.counter('sessions_detached_total', 'Times a session lost its connection.', () => counters.sessionsDetached);
  metrics.counter('sessions_expired_total', 'Sessions not resumed within their window.', () => {
    return counters.sessionsExpired;
  });
  metrics.counter('sessions_ended_total', 'Sessions whose client said farewell.', () => counters.sessionsEnded);
  metrics.gauge('sequences', 'Sequences of numbers that are being sent.', () => sequences.running);
  metrics.counter('sequences_begun_total', 'New sequences.', () => counters.sequencesBegun);
  metrics.counter('sequence_numbers_sent_total', 'Numbers of sequences sent.', () => counters.sequenceNumbersSent);
  metrics.counters('sequences_ended_total', 'Sequences that were received to their end.', ['checksum'], () => [
    [{ checksum: 'equal' }, counters.sequencesEqual],
    [{ checksum: 'different' }, counters.sequencesDifferent],
  ]);
}
