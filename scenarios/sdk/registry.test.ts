/** The SDK's typed calls and the server's registry of methods, held together by the document that both users read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, connect } from '@packetboat/client';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { type Server, startServer } from '@packetboat/server';

/** Features whose methods the SDK has as objects of their own. */
const features = ['streams', 'cursors'] as const;
/** Methods without a typed call: administration, reached by `client.call`; `reader.commit` moves cursors. */
const untyped = ['cursors.list', 'cursors.move', 'store.health', 'streams.witness'];

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
}

interface Served extends AsyncDisposable {
  readonly server: Server;
  readonly client: Client;
  /** Methods by name: whether each only reads. */
  readonly methods: ReadonlyMap<string, boolean>;
}

/** Cuts its connection instead of sending the first call, and keeps what it was. */
class CuttingSocket extends WebSocket {
  static armed = false;
  static lastCall = '';

  override send(data: string | Uint8Array<ArrayBuffer>): void {
    if (CuttingSocket.armed && typeof data === 'string' && data.includes('"type":"call"')) {
      CuttingSocket.armed = false;
      CuttingSocket.lastCall = data;
      this.close();
      return;
    }
    super.send(data);
  }
}

async function serveMethods(): Promise<Served> {
  const server = await startServer({ store: new MemoryStore({ world: nodeWorld }), world: nodeWorld, port: 0 });
  const client = await connect(server.url, { webSocket: CuttingSocket, backoff: { firstMs: 1, capMs: 10 } });
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const all = Object.values(paths).flatMap((item) => Object.entries(item));
  const ours = all.filter(([, { tags }]) => ['store', ...features].some((feature) => tags?.includes(feature)));
  return {
    server,
    client,
    methods: new Map(ours.map(([verb, { operationId }]) => [operationId, verb === 'get'])),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

test('SDK: registry: every method has its typed call, save those that are named here, and every typed call its method', async () => {
  await using served = await serveMethods();
  const { client, methods } = served;
  const typed = features.flatMap((feature) => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(client[feature]));
    return names.filter((name) => name !== 'constructor').map((name) => `${feature}.${name}`);
  });
  assert.deepEqual([...typed, ...untyped].toSorted(), [...methods.keys()].toSorted());
});

test('SDK: registry: the server takes every option of the typed calls, and they take every answer', async () => {
  await using served = await serveMethods();
  const { client, server } = served;
  const { streams, cursors } = client;
  const options = { contentType: 'text/plain', ageMsMax: 86_400_000, bytesMax: 5_000, ttlMs: 60_000 };
  const { kind, info } = await streams.create('s', options);
  assert.equal(kind, 'created');
  const { contentType, ageMsMax, bytesMax, ttlMs } = options;
  assert.equal(info.contentType, contentType);
  assert.deepEqual([info.retention, info.lifetime], [{ ageMsMax, bytesMax }, { ttlMs }]);
  assert.equal((await streams.create('s')).kind, 'exists');
  const fork = await streams.create('f', { fork: { stream: 's', offset: 0, subOffset: 0 }, expiresAtMs: 4e12 });
  assert.deepEqual(fork.info.fork, { stream: 's', offset: 0, subOffset: 0 });
  assert.deepEqual(await streams.list({ prefix: 's', limit: 5 }), [await streams.info('s')]);
  await fetch(`${server.url}/v1/streams/s/cursors/c`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: '{"offset":0}',
  });
  assert.deepEqual(await cursors.get('s', 'c'), { incarnation: info.incarnation, offset: 0 });
  await cursors.delete('s', 'c');
  await assert.rejects(cursors.get('s', 'c'), { code: 'notFound' });
  assert.equal((await streams.trim('s', 0)).first, 0);
  assert.equal((await streams.acceptLoss('s')).loss, undefined);
  assert.equal((await streams.close('s')).closed, true);
  await streams.delete('f');
  await streams.delete('s');
  await assert.rejects(streams.info('s'), { code: 'gone' });
});

test('SDK: registry: the list is whole, however many pages it takes', async () => {
  await using served = await serveMethods();
  const { client } = served;
  const names = Array.from({ length: 300 }, (_, index) => `streams/${String(index).padStart(3, '0')}`);
  for (const name of names) await client.streams.create(name);
  assert.deepEqual(
    (await client.streams.list()).map(({ stream }) => stream),
    names,
  );
  const some = await client.streams.list({ after: 'streams/099', limit: 150 });
  assert.deepEqual(
    some.map(({ stream }) => stream),
    names.slice(100, 250),
  );
});

test('SDK: registry: a call that is cut off is made again, and has a key exactly if its method changes something [P2]', async () => {
  await using served = await serveMethods();
  const { client, methods } = served;
  await client.streams.create('s');
  for (const [name, reads] of methods) {
    CuttingSocket.armed = true;
    const params = { ...(name !== 'streams.list' && name !== 'store.health' && { stream: 's' }) };
    const outcome = await client.call(name, params).then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    );
    assert.equal(CuttingSocket.armed, false, name);
    assert.notEqual(outcome, 'unreachable', name);
    assert.equal(CuttingSocket.lastCall.includes('"key"'), !reads, name);
  }
});
