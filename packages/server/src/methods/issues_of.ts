import { quoted } from '@packetboat/core';
import type { z } from 'zod';

/** What is wrong with one part of a JSON document, as RFC 9457 section 3 shows it. */
export interface Issue {
  /** JSON Pointer (RFC 6901) as a URI fragment: `#/fork/offset`. */
  readonly pointer: string;
  readonly detail: string;
}

/** Told at most; a hostile document could have as many as it has fields. */
const issuesMax = 8;

/** What a schema found wrong. Whatever the sender wrote is quoted and cut short. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.slice(0, issuesMax).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), detail: issue.message }];
    const keys = issue.keys.slice(0, issuesMax);
    return keys.map((key) => ({ pointer: pointerTo(issue.path), detail: `Unknown field ${quoted(key)}` }));
  });
}

/** `path` as a pointer. It leads through fields that the schema knows, so it holds nothing that was sent. */
function pointerTo(path: readonly PropertyKey[]): string {
  return `#${path.map((part) => `/${String(part)}`).join('')}`;
}
