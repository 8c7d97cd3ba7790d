import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { RawSocket } from '../../testing/raw_socket.ts';
import type { StreamAnswer } from './stream_request.ts';
import { writeAnswer } from './write_answer.ts';

const pieceBytes = 65_536;

/** A server that gives one answer to whatever it is asked, and how that went. */
async function answering(answer: StreamAnswer, options: { slowReaderMs?: number; bodiless?: boolean } = {}) {
  const { slowReaderMs = 10_000, bodiless = false } = options;
  const { promise: written, resolve } = Promise.withResolvers<unknown>();
  const server = createServer((_request, response) => {
    const { timers } = nodeWorld;
    writeAnswer(response, answer, { timers, slowReaderMs, bodiless }).then(() => resolve('written'), resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    written,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A body without end, made piece by piece as it is asked for. */
function endless() {
  const made = { pieces: 0, ended: false };
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        made.pieces += 1;
        yield new Uint8Array(pieceBytes);
      }
    } finally {
      made.ended = true;
    }
  }
  return { made, body: body() };
}

async function ask(port: number): Promise<RawSocket> {
  const raw = await RawSocket.connect(port);
  raw.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return raw;
}

test('writeAnswer writes pieces side by side, with their length', async () => {
  const pieces = [Buffer.from('one,'), Buffer.alloc(0), Buffer.from('two')];
  await using server = await answering({ status: 200, headers: { 'Content-Type': 'text/x' }, body: pieces });
  const response = await fetch(server.url);
  assert.equal(response.headers.get('content-length'), '7');
  assert.equal(response.headers.get('content-type'), 'text/x');
  assert.equal(await response.text(), 'one,two');
  assert.equal(await server.written, 'written');
});

test('writeAnswer writes an answer without a body, and one whose status allows none', async () => {
  await using empty = await answering({ status: 201, headers: {} });
  assert.equal((await fetch(empty.url)).headers.get('content-length'), '0');
  await using nothing = await answering({ status: 204, headers: { 'Stream-Closed': 'true' } });
  const response = await fetch(nothing.url);
  assert.equal(response.headers.get('content-length'), null);
  assert.equal(response.headers.get('stream-closed'), 'true');
});

test('writeAnswer writes the head only when no body may follow', async () => {
  const answer = { status: 200, headers: { 'Content-Type': 'text/x' }, body: [Buffer.from('x')] };
  await using server = await answering(answer, { bodiless: true });
  const response = await fetch(server.url, { method: 'HEAD' });
  assert.equal(response.headers.get('content-type'), 'text/x');
  assert.equal(await response.text(), '');
});

test('writeAnswer brings a large answer whole to a reader that takes its time', async () => {
  const bytes = Buffer.alloc(3 * pieceBytes + 7, 'abc');
  await using server = await answering({ status: 200, headers: {}, body: [bytes] });
  const response = await fetch(server.url);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
});

test('writeAnswer asks for the next piece only when the last one was taken; a reader that stops is closed [H14] [P7]', async () => {
  const { made, body } = endless();
  await using server = await answering({ status: 200, headers: {}, body }, { slowReaderMs: 200 });
  using raw = await ask(server.port);
  raw.socket.pause();
  const error = await server.written;
  assert.equal((error as { code?: string }).code, 'slowReader');
  assert.equal(made.ended, true, 'its source was let go');
  // What the system itself buffers between two ends of one machine is all that was made.
  assert(made.pieces * pieceBytes < 32 * 1_048_576, `${made.pieces} pieces`);
});

test('writeAnswer closes a reader that does not take what is stored for it', async () => {
  await using server = await answering(
    { status: 200, headers: {}, body: [Buffer.alloc(32 * 1_048_576)] },
    { slowReaderMs: 200 },
  );
  using raw = await ask(server.port);
  raw.socket.pause();
  assert.equal(((await server.written) as { code?: string }).code, 'slowReader');
});

test('writeAnswer stops when the reader leaves, and lets the source go', async () => {
  const { made, body } = endless();
  await using server = await answering({ status: 200, headers: {}, body });
  using raw = await ask(server.port);
  await raw.until((received) => received.length > 4 * pieceBytes);
  raw.socket.destroy();
  assert.equal(await server.written, 'written');
  assert.equal(made.ended, true);
});

test('writeAnswer cuts an answer whose source fails: its end is no end', async () => {
  const broken = new Error('broken');
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('begun');
    throw broken;
  }
  await using server = await answering({ status: 200, headers: {}, body: body() });
  using raw = await ask(server.port);
  const received = await raw.toEnd();
  assert.equal(await server.written, broken);
  assert(!received.endsWith('0\r\n\r\n'), 'no last chunk was sent');
});
