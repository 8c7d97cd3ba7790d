import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawSocket } from '../testing/raw_socket.ts';
import { testServer } from '../testing/test_server.ts';

const mebibyte = 1_048_576;
const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(mebibyte), Buffer.from('\r\n')]);

/** Sends everything before it reads anything, as simple clients do. @returns why it could not. */
async function sendAll(raw: RawSocket, chunks: number): Promise<unknown> {
  raw.socket.pause();
  raw.write(head);
  for (let sent = 0; sent < chunks; sent++) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    raw.socket.write(chunk, resolve);
    const error = await promise;
    if (error instanceof Error) return error;
  }
  raw.write('0\r\n\r\n');
  return undefined;
}

test('endAfterBody lets a sender that does not listen finish, and then read why it was refused', async () => {
  await using server = await testServer({ refusedBodyBytesMax: 32 * mebibyte, refusedBodyMs: 15_000 });
  using raw = await RawSocket.connect(server.server.port);
  assert.equal(await sendAll(raw, 16), undefined);
  raw.socket.resume();
  assert.match(await raw.toEnd(), /^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*"code":"tooLarge"/);
});

test('endAfterBody cuts a sender that goes on beyond the limit [H4] [P7]', async () => {
  await using server = await testServer({ refusedBodyBytesMax: 4 * mebibyte, refusedBodyMs: 15_000 });
  using raw = await RawSocket.connect(server.server.port);
  assert(await sendAll(raw, 256), 'it could not send all of 256 MiB');
  await server.alive();
});

test('endAfterBody waits no longer than its time for a sender that does not go on [H2]', async () => {
  await using server = await testServer({ refusedBodyMs: 50 });
  using raw = await RawSocket.connect(server.server.port);
  raw.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n');
  assert.match(await raw.toEnd(), /^HTTP\/1\.1 413 /);
});
