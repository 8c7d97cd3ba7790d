import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { defaultLimits } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { makeCallWebhook, type WebhookAnswer } from './call_webhook.ts';
import type { WebhookTarget } from './webhook_target.ts';

const limits = { ...defaultLimits, webhookConnectMs: 2_000, webhookTimeoutMs: 2_000, webhookAnswerBytesMax: 1_024 };

/** What the receiver does with the connection of the next call. */
let behave: (socket: Socket, received: () => string) => void = () => undefined;
let receiver: Server;
let port = 0;
const open = new Set<Socket>();

before(async () => {
  receiver = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (text += chunk));
    behave(socket, () => text);
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(async () => {
  for (const socket of open) socket.destroy();
  receiver.close();
  await once(receiver, 'close');
});

const never = () => new Promise<never>(() => undefined);

const targetOf = (host = '127.0.0.1'): WebhookTarget => ({
  url: new URL(`http://${host}:${port}/hook?a=b`),
  kind: 'loopback',
  host,
});

function call(
  target = targetOf(),
  overrides: Partial<typeof limits> = {},
  resolve?: (host: string) => Promise<readonly string[]>,
  signal = new AbortController().signal,
): Promise<WebhookAnswer> {
  const make = makeCallWebhook(nodeWorld, { ...limits, ...overrides }, resolve);
  return make({ target, headers: { 'Content-Type': 'application/json' }, body: '{"a":"ä"}', signal });
}

/** Answers when the whole request is there. */
function answering(text: string): typeof behave {
  return (socket, received) => {
    socket.on('data', () => {
      if (received().endsWith('}')) socket.end(text);
    });
  };
}

test('makeCallWebhook posts the body over a connection of its own, and gives status and body', async () => {
  const closed = Promise.withResolvers<string>();
  behave = (socket, received) => {
    answering('HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"done":true}')(socket, received);
    socket.once('close', () => closed.resolve(received()));
  };
  assert.deepEqual(await call(), { status: 200, body: '{"done":true}' });
  const request = await closed.promise;
  assert.match(request, /^POST \/hook\?a=b HTTP\/1\.1\r\n/);
  assert.match(request, new RegExp(`\\r\\nHost: 127\\.0\\.0\\.1:${port}\\r\\n`));
  assert.match(request, /\r\nContent-Length: 10\r\n/);
  assert.match(request, /\r\nConnection: close\r\n/);
});

test('makeCallWebhook connects to the address that was checked, whatever the name means now', async () => {
  behave = answering('HTTP/1.1 204 No Content\r\n\r\n');
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return ['127.0.0.1'];
  };
  // No name server knows this name: only the pinned address leads anywhere.
  assert.equal((await call(targetOf('rebind.invalid'), {}, resolve)).status, 204);
  assert.deepEqual(asked, ['rebind.invalid']);
});

test('makeCallWebhook connects nowhere when an address is of another kind than was checked', async () => {
  behave = () => assert.fail('connected');
  const target: WebhookTarget = { ...targetOf('evil.invalid'), kind: 'public' };
  await assert.rejects(
    call(target, {}, async () => ['127.0.0.1']),
    /not public/,
  );
  await assert.rejects(
    call(targetOf('evil.invalid'), {}, async () => ['127.0.0.1', '10.0.0.1']),
    /not loopback/,
  );
});

test('makeCallWebhook follows no redirect', async () => {
  let connections = 0;
  behave = (socket, received) => {
    connections += 1;
    answering(`HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:${port}/other\r\nContent-Length: 0\r\n\r\n`)(
      socket,
      received,
    );
  };
  assert.equal((await call()).status, 307);
  assert.equal(connections, 1);
});

test('webhook receiver: an endless body: read up to the bound, then cut off, the status counts [P7]', async () => {
  const closed = Promise.withResolvers<void>();
  let sent = 0;
  behave = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write('x'.repeat(1_024))) sent += 1_024;
    };
    socket.on('drain', more);
    socket.once('close', () => closed.resolve());
    more();
  };
  assert.deepEqual(await call(), { status: 200, body: undefined });
  await closed.promise;
  assert(sent < 32 * 1_048_576, `${sent} bytes were taken`);
});

const silent: Readonly<Record<string, typeof behave>> = {
  'nothing at all': () => undefined,
  'half a head': (socket) => void socket.write('HTTP/1.1 200 O'),
  'a head and no body': (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'),
  'early hints without end': (socket) => {
    const more = () =>
      socket.destroyed || socket.write('HTTP/1.1 103 Early Hints\r\n\r\n', () => nodeWorld.timers.after(1, more));
    more();
  },
  'a body of one byte at a time': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const more = () => socket.destroyed || socket.write('x', () => nodeWorld.timers.after(20, more));
    more();
  },
};
for (const [what, behaviour] of Object.entries(silent)) {
  test(`webhook receiver: ${what}: given up in time, and the connection is closed [P7]`, async () => {
    const closed = Promise.withResolvers<void>();
    behave = (socket) => {
      socket.once('close', () => closed.resolve());
      behaviour(socket, () => '');
    };
    await assert.rejects(call(targetOf(), { webhookTimeoutMs: 100 }), /webhookTimeoutMs/);
    await closed.promise;
  });
}

const broken: Readonly<Record<string, typeof behave>> = {
  'a reset': (socket) => void socket.once('data', () => socket.resetAndDestroy()),
  'a close without a word': (socket) => void socket.once('data', () => socket.end()),
  'a cut in the body': (socket) =>
    void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{')),
  'what is no HTTP': (socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n')),
  'a head of a megabyte': (socket) =>
    void socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_048_576)}\r\n\r\n`)),
  'two lengths': (socket) =>
    void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')),
};
for (const [what, behaviour] of Object.entries(broken)) {
  test(`webhook receiver: ${what}: the call fails, and nothing else`, async () => {
    behave = behaviour;
    await assert.rejects(call());
  });
}

test('webhook receiver: nobody listens: the call fails', async () => {
  const target = { ...targetOf(), url: new URL('http://127.0.0.1:1/') };
  await assert.rejects(call(target), { code: 'ECONNREFUSED' });
});

test('webhook receiver: it takes the connection and shakes no hand: given up in time', async () => {
  behave = () => undefined;
  const target = { ...targetOf(), url: new URL(`https://127.0.0.1:${port}/`) };
  await assert.rejects(call(target, { webhookConnectMs: 50 }), /webhookConnectMs/);
});

test('webhook receiver: its name servers do not answer: given up in time', async () => {
  await assert.rejects(call(targetOf('slow.invalid'), { webhookTimeoutMs: 50 }, never), /webhookTimeoutMs/);
});

test('makeCallWebhook ends when it is aborted, with the reason', async () => {
  const abort = new AbortController();
  behave = () => abort.abort(new Error('stopped'));
  await assert.rejects(call(targetOf(), {}, undefined, abort.signal), /stopped/);
  await assert.rejects(call(targetOf(), {}, undefined, abort.signal), /stopped/);
});
