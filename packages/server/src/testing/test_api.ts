import assert from 'node:assert/strict';
import type { Limits } from '@packetboat/core';
import { RawSocket } from './raw_socket.ts';
import { type TestServer, testServer } from './test_server.ts';

/** An answer of the JSON API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A server, and requests to its JSON API. */
export interface TestApi extends AsyncDisposable {
  readonly bench: TestServer;
  ask(method: string, path: string, body?: unknown, headers?: object): Promise<ApiAnswer>;
  /** The status of the problem that answers a request which no library would send. */
  raw(target: string, method?: string, headers?: string, body?: string): Promise<number>;
}

export async function testApi(limits: Partial<Limits> = {}): Promise<TestApi> {
  const bench = await testServer(limits);
  return {
    bench,
    async ask(method, path, body, headers = {}) {
      const bodied = body !== undefined;
      const response = await fetch(bench.server.url + path, {
        method,
        headers: { ...(bodied && { 'Content-Type': 'application/json' }), ...headers },
        ...(bodied && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) };
    },
    async raw(target, method = 'GET', headers = '', body = '') {
      using socket = await RawSocket.connect(bench.server.port);
      socket.write(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`);
      const answer = await socket.toEnd();
      assert.match(answer, /\r\ncontent-type: application\/problem\+json\r\n/i);
      return Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3));
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}
