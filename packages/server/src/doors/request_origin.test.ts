import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { type ServerOptions, startServer } from '../start_server.ts';

async function serving(options: Partial<ServerOptions>) {
  const store = new MemoryStore({ world: nodeWorld });
  const server = await startServer({ store, world: nodeWorld, port: 0, ...options });
  /** Makes a stream, as a proxy passes it on: says the status and where the stream is. */
  const create = async (Host: string): Promise<[status: number | undefined, location: string | undefined]> => {
    const { promise, resolve, reject } = Promise.withResolvers<[number | undefined, string | undefined]>();
    const headers = {
      Host,
      'X-Forwarded-Proto': 'https',
      Forwarded: 'proto=https;host=evil.example',
      Connection: 'close',
    };
    request(`${server.url}/v1/stream/s`, { method: 'PUT', headers }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers.location]);
    })
      .on('error', reject)
      .end();
    return promise;
  };
  return { create, [Symbol.asyncDispose]: () => server.stop() };
}

test('requestOrigin: links lead where the request came in, whatever a proxy says', async () => {
  await using server = await serving({});
  assert.deepEqual(await server.create('localhost:1234'), [201, 'http://localhost:1234/v1/stream/s']);
});

test('requestOrigin: links lead to the public URL, which the server is known under too', async () => {
  await using server = await serving({ publicUrl: 'https://boat.example' });
  assert.deepEqual(await server.create('boat.example'), [201, 'https://boat.example/v1/stream/s']);
  assert.deepEqual(await server.create('localhost'), [200, undefined]);
  assert.deepEqual(await server.create('evil.example'), [421, undefined]);
});

test('HostCheck knows further names in any spelling, and takes no others', async () => {
  await using server = await serving({ allowedHosts: ['Boat.Example', '[fd00::1]'] });
  for (const name of ['boat.example', 'BOAT.example:8000', '[FD00::1]:80']) {
    assert.notEqual((await server.create(name))[0], 421, name);
  }
  assert.equal((await server.create('boat.example.evil'))[0], 421);
  for (const name of ['boat.example:8000', 'https://boat.example', 'a/b', '']) {
    await assert.rejects(serving({ allowedHosts: [name] }), { code: 'badRequest' }, name);
  }
  await assert.rejects(serving({ publicUrl: 'https://boat.example/path' }), { code: 'badRequest' });
});
