import type { StreamRequest } from '../doors/streams/stream_request.ts';

/** What {@linkcode streamRequest} may be told. */
export interface StreamRequestInput {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly query?: string;
  readonly signal?: AbortSignal;
}

/** A request to the stream door, as verbs get it, without a socket. */
export function streamRequest(stream: string, input: StreamRequestInput = {}): StreamRequest {
  const { headers = {}, body = '', query = '', signal = new AbortController().signal } = input;
  const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: 'POST',
    stream,
    origin: 'http://localhost:8000',
    path: `/v1/stream/${stream}`,
    client: '127.0.0.1',
    query: new URLSearchParams(query),
    header: (name) => fields.get(name),
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    signal,
  };
}
