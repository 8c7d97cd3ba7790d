import type { ErrorCode } from '@packetboat/core';

/** What the broker counts since its start; `/metrics` shows it. */
export class Counters {
  connectionsOpened = 0;
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
