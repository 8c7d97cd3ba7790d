import type { ServerResponse } from 'node:http';
import type { PacketboatError } from '@packetboat/core';

/** The body of an error answer (RFC 9457), made from the one errors table. */
export function problemOf(error: PacketboatError, requestId: string | undefined): string {
  const { code, message, row, retryAfterMs } = error;
  const { status, hint } = row;
  return JSON.stringify({
    type: `urn:packetboat:error:${code}`,
    title: code,
    status,
    detail: message,
    code,
    hint,
    retryAfterMs,
    instance: requestId === undefined ? undefined : `urn:packetboat:request:${requestId}`,
  });
}

/** Header fields of an error answer. */
export function problemHeaders(error: PacketboatError): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
  if (error.retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(error.retryAfterMs / 1_000));
  return headers;
}

/** Answers a request with an error, unless an answer has begun. */
export function sendProblem(response: ServerResponse, error: PacketboatError, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(error.row.status, problemHeaders(error));
  response.end(problemOf(error, requestId));
}
