import type { ErrorCode } from '@packetboat/core';

/** What the broker counts since its start; `/metrics` shows it. */
export class Counters {
  /** New sessions; those that went on on another connection, also those of them that took it from a live one. */
  sessionsOpened = 0;
  sessionsResumed = 0;
  sessionsTakenOver = 0;
  /** Sessions that lost their connection; those that were not resumed in their window; those that said farewell. */
  sessionsDetached = 0;
  sessionsExpired = 0;
  sessionsEnded = 0;
  /** New sequences; their numbers; those whose client had the checksum that was sent, and those whose had another. */
  sequencesBegun = 0;
  sequenceNumbersSent = 0;
  sequencesEqual = 0;
  sequencesDifferent = 0;
  batchesReceived = 0;
  batchBytesReceived = 0;
  receiptsSent = 0;
  framesSent = 0;
  frameBytesSent = 0;
  linesReceived = 0;
  /** Calls of webhooks, and those that failed. */
  webhookCalls = 0;
  webhookFailures = 0;
  /** Refusals of any kind, by code. */
  readonly refusals = new Map<ErrorCode, number>();

  refused(code: ErrorCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}
