import type { ServerResponse } from 'node:http';
import type { PacketboatError } from '@packetboat/core';
import { z } from 'zod';
import { issuesOf } from '../methods/issues_of.ts';

/** The body of an error answer (RFC 9457), made from the one errors table. */
export function problemOf(error: PacketboatError, requestId: string | undefined): string {
  const { code, message, row, retryAfterMs, cause } = error;
  const { status, hint } = row;
  return JSON.stringify({
    type: `urn:packetboat:error:${code}`,
    title: code,
    status,
    detail: message,
    code,
    hint,
    retryAfterMs,
    errors: cause instanceof z.ZodError ? issuesOf(cause) : undefined,
    instance: requestId === undefined ? undefined : `urn:packetboat:request:${requestId}`,
  });
}

/** Header fields of an error answer. */
export function problemHeaders(error: PacketboatError): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
  if (error.retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(error.retryAfterMs / 1_000));
  return headers;
}

/** Writes an error as the whole answer; the caller ends it. @returns false when an answer has begun already. */
export function sendProblem(response: ServerResponse, error: PacketboatError, requestId: string): boolean {
  if (response.headersSent || response.destroyed) return false;
  const body = Buffer.from(problemOf(error, requestId));
  response.writeHead(error.row.status, { ...problemHeaders(error), 'Content-Length': body.length });
  response.write(body);
  return true;
}
