import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkOrigin } from './check_origin.ts';

/** Header fields that a page of another origin may send (those of section 2.2.2 of the Fetch standard need no leave). */
const requestFields = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'Last-Event-ID',
  'Producer-Epoch',
  'Producer-Id',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Expected-Offset',
  'Stream-Expires-At',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Stream-Forked-From',
  'Stream-Seq',
  'Stream-TTL',
  'X-Request-Id',
].join(', ');

/** Header fields that such a page may read. */
const answerFields = [
  'Allow',
  'ETag',
  'Location',
  'Producer-Epoch',
  'Producer-Expected-Seq',
  'Producer-Received-Seq',
  'Producer-Seq',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Stream-Checksum',
  'Stream-Closed',
  'Stream-Cursor',
  'Stream-Expires-At',
  'Stream-Gap',
  'Stream-Next-Offset',
  'Stream-Receipt',
  'Stream-SSE-Data-Encoding',
  'Stream-TTL',
  'Stream-Up-To-Date',
  'X-Request-Id',
].join(', ');

/** How long a browser may remember what it was allowed. */
const allowedSeconds = '600';

/** Which pages of other origins may use this server from a browser (CORS): those that are configured, else none. */
export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;

  /**
   * @param origins As browsers write them: `https://console.example:8443`.
   * @throws {PacketboatError} `badRequest` for one that no browser would send.
   */
  constructor(origins: readonly string[]) {
    for (const origin of origins) checkOrigin(origin);
    this.#origins = new Set(origins);
  }

  /** Whether a page of `origin` may write, and open sessions. */
  lets(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Lets a page read the answer if its origin is configured. Caches must not give the answer to one that is not. */
  admit(request: IncomingMessage, response: ServerResponse): void {
    if (this.#origins.size === 0) return;
    response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !this.lets(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Expose-Headers', answerFields);
  }
}

/** Answers OPTIONS, a browser's preflight too. Without `Access-Control-Allow-Origin` the browser goes no further. */
export function answerOptions(response: ServerResponse, methods: readonly string[]): void {
  response.writeHead(204, {
    Allow: allowOf(methods),
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': requestFields,
    'Access-Control-Max-Age': allowedSeconds,
  });
  response.end();
}

/** `Allow` for what may be done at a path; OPTIONS may always (RFC 9110 section 10.2.1). */
export function allowOf(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ');
}
