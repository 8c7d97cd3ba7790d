import { assert, type BatchInput, type Limits, openBatch, type RecordInput, sealBatch } from '@packetboat/core';
import { read } from '../doors/streams/read.ts';
import type { StreamAnswer, StreamRequest } from '../doors/streams/stream_request.ts';
import { testBroker } from './test_broker.ts';

/** What a test may say about a GET. */
export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly signal?: AbortSignal;
}

/** A broker in virtual time, and plain functions that fill streams and read them as the stream door does. */
export function streamBench(overrides: Partial<Limits> = {}) {
  const bench = testBroker(overrides);
  const { broker, store, virtual, limits } = bench;
  const { crc32 } = virtual.world;

  /** Appends one batch. */
  const appendBatch = async (stream: string, input: BatchInput): Promise<void> => {
    const batch = openBatch(sealBatch(input, crc32), 0, crc32, limits);
    const outcome = await broker.append({ stream, batch });
    assert(outcome.kind === 'appended', `appended: ${JSON.stringify(outcome.kind)}`);
  };
  /** Appends records as one batch, timed 1 ns apart. */
  const append = (stream: string, ...payloads: readonly (string | Uint8Array)[]): Promise<void> => {
    const records = payloads.map((payload, index): RecordInput => ({ timeNs: BigInt(index), bytes: bytesOf(payload) }));
    return appendBatch(stream, { records });
  };
  const create = async (stream: string, contentType = 'text/plain'): Promise<void> => {
    await store.log.create(stream, { contentType });
  };
  const get = (stream: string, query = '', options: GetOptions = {}): Promise<StreamAnswer> =>
    read(broker, getRequest(stream, query, options));
  return { ...bench, appendBatch, append, create, get };
}

/** A GET as the stream door hands it on. */
export function getRequest(stream: string, query: string, options: GetOptions = {}): StreamRequest {
  const { headers = {}, client = '127.0.0.1', signal = new AbortController().signal } = options;
  return {
    method: 'GET',
    stream,
    origin: 'http://localhost:8000',
    path: `/v1/stream/${stream}`,
    client,
    query: new URLSearchParams(query),
    header: (name) => headers[name],
    body: new Uint8Array(0),
    signal,
  };
}

/** The whole body of an answer that ends. */
export async function bodyOf({ body = [] }: StreamAnswer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same, as text. */
export async function textOf(answer: StreamAnswer): Promise<string> {
  return (await bodyOf(answer)).toString();
}

function bytesOf(payload: string | Uint8Array): Uint8Array {
  return typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
}
