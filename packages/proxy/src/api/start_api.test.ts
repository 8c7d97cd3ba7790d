import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { once } from 'node:events';
import { VirtualWorld } from '@packetboat/core/testing';
import { ProxySet } from '../proxy_set.ts';
import { type Api, startApi } from './start_api.ts';

const { world } = new VirtualWorld();
let proxies: ProxySet;
let api: Api;

before(async () => {
  proxies = new ProxySet({ world, seed: 7 });
  api = await startApi({ proxies, port: 0 });
});

after(async () => {
  await api.stop();
  await proxies.stop();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port: api.port, method, path, headers, agent: false });
  sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode,
    text,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
  };
}

/** A new proxy's name and what it listens on. */
async function create(name: string, fields: object = {}): Promise<string> {
  const { status, body } = await call('POST', '/proxies', { name, upstream: '127.0.0.1:9', ...fields });
  assert.equal(status, 201);
  return (body as { listen: string }).listen;
}

async function isOpen(listen: string): Promise<boolean> {
  const socket = connect(Number(listen.split(':')[1]), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('the API creates, shows, lists, updates and deletes proxies as Toxiproxy does', async () => {
  const listen = await create('harbour', { listen: '127.0.0.1:0' });
  const shown = { name: 'harbour', listen, upstream: '127.0.0.1:9', enabled: true, toxics: [] };
  assert.deepEqual((await call('GET', '/proxies/harbour')).body, shown);
  assert.deepEqual((await call('GET', '/proxies')).body, { harbour: shown });
  assert.ok(await isOpen(listen));

  const off = await call('POST', '/proxies/harbour', { enabled: false });
  assert.deepEqual([off.status, off.body], [200, { ...shown, enabled: false }]);
  assert.ok(!(await isOpen(listen)));
  await call('PATCH', '/proxies/harbour', { enabled: true });
  assert.ok(await isOpen(listen));

  await call('POST', '/proxies/harbour/toxics', { type: 'latency', attributes: { latency: 9 } });
  const moved = await call('POST', '/proxies/harbour', { upstream: 'localhost:10' });
  assert.equal((moved.body as { upstream: string }).upstream, 'localhost:10');
  assert.equal((moved.body as { listen: string }).listen, listen);
  assert.equal((moved.body as { toxics: unknown[] }).toxics.length, 1);

  assert.equal((await call('DELETE', '/proxies/harbour')).status, 204);
  assert.ok(!(await isOpen(listen)));
  assert.deepEqual((await call('GET', '/proxies/harbour')).body, { error: 'proxy not found', status: 404 });
});

test('the API keeps a proxy as it was when its new address is taken', async () => {
  const [taken, listen] = [await create('taken'), await create('mover')];
  await call('POST', '/proxies/mover/toxics', { type: 'timeout' });
  const { status, body } = await call('POST', '/proxies/mover', { listen: taken });
  assert.equal(status, 503);
  assert.match((body as { error: string }).error, /another program uses the port/);
  const kept = (await call('GET', '/proxies/mover')).body as { listen: string; toxics: unknown[] };
  assert.deepEqual([kept.listen, kept.toxics.length], [listen, 1]);
  await call('DELETE', '/proxies/taken');
  await call('DELETE', '/proxies/mover');
});

test('the API adds, shows, changes and removes toxics, in Toxiproxy’s names and units', async () => {
  await create('sea');
  const path = '/proxies/sea/toxics';
  const asked: [type: string, attributes: object, shown: object][] = [
    ['latency', { latency: 100, jitter: 10 }, { latency: 100, jitter: 10 }],
    ['bandwidth', { rate: 64 }, { rate: 64 }],
    ['slow_close', { delay: 50 }, { delay: 50 }],
    ['timeout', {}, { timeout: 0 }],
    ['reset_peer', { timeout: 1_000 }, { timeout: 1_000 }],
    ['slicer', { average_size: 10, delay: 7 }, { average_size: 10, size_variation: 0, delay: 7 }],
    ['limit_data', { bytes: 1_000, how: 'reset' }, { bytes: 1_000, how: 'reset' }],
    ['corrupt', { everyBytes: 500 }, { everyBytes: 500 }],
  ];
  for (const [type, attributes, shown] of asked) {
    const toxic = { name: `${type}_downstream`, type, stream: 'downstream', toxicity: 1, attributes: shown };
    const { status, body } = await call('POST', path, { type, attributes });
    assert.deepEqual([status, body], [200, toxic]);
    assert.deepEqual((await call('GET', `${path}/${toxic.name}`)).body, toxic);
  }
  assert.deepEqual(proxies.get('sea').faults[1]?.fault, { fault: 'bandwidth', bytesPerSecond: 64_000 });
  assert.equal(((await call('GET', path)).body as unknown[]).length, asked.length);

  const named = {
    name: 'far',
    type: 'latency',
    stream: 'upstream',
    toxicity: 0.5,
    attributes: { latency: 1, jitter: 0 },
  };
  assert.deepEqual((await call('POST', path, named)).body, named);
  const changed = await call('POST', `${path}/far`, { attributes: { latency: 2 }, toxicity: 0.25 });
  assert.deepEqual(changed.body, { ...named, toxicity: 0.25, attributes: { latency: 2, jitter: 0 } });
  const patched = await call('PATCH', `${path}/far`, { attributes: { jitter: 1 } });
  assert.deepEqual(patched.body, { ...named, toxicity: 0.25, attributes: { latency: 2, jitter: 1 } });

  assert.equal((await call('DELETE', `${path}/far`)).status, 204);
  assert.deepEqual((await call('GET', `${path}/far`)).body, { error: 'toxic not found', status: 404 });
  const down = await call('POST', path, { type: 'down', stream: 'both' });
  assert.deepEqual(down.body, { name: 'down_both', type: 'down', stream: 'both', toxicity: 1, attributes: {} });

  proxies.get('sea').add({ fault: 'latency', latencyMs: 5 }, { name: 'typed' });
  const typed = { name: 'typed', type: 'latency', stream: 'both', toxicity: 1, attributes: { latency: 5, jitter: 0 } };
  assert.deepEqual((await call('GET', `${path}/typed`)).body, typed);

  assert.equal((await call('POST', '/reset')).status, 204);
  assert.deepEqual((await call('GET', path)).body, []);
  await call('DELETE', '/proxies/sea');
});

test('the API populates: what is new is created, what is there is updated, nothing if something cannot be read', async () => {
  const wanted = [
    { name: 'one', listen: '127.0.0.1:0', upstream: '127.0.0.1:9' },
    { name: 'two', listen: '127.0.0.1:0', upstream: '127.0.0.1:9', enabled: false },
  ];
  const { status, body } = await call('POST', '/populate', wanted);
  assert.equal(status, 201);
  const made = (body as { proxies: { name: string; enabled: boolean; listen: string }[] }).proxies;
  assert.deepEqual(
    made.map(({ name, enabled }) => [name, enabled]),
    [
      ['one', true],
      ['two', false],
    ],
  );
  const again = await call('POST', '/populate', [{ name: 'two', listen: made[1]?.listen, upstream: '127.0.0.1:10' }]);
  assert.equal(again.status, 201);
  assert.ok(await isOpen(made[1]?.listen ?? ''));
  const bad = await call('POST', '/populate', [{ name: 'three', upstream: '127.0.0.1:9' }, { name: 'four' }]);
  assert.equal(bad.status, 400);
  const twice = await call('POST', '/populate', [wanted[0], wanted[0]]);
  assert.equal(twice.status, 400);
  assert.equal((await call('GET', '/proxies/three')).status, 404);
  for (const name of ['one', 'two']) await call('DELETE', `/proxies/${name}`);
});

test('the API tells its version and metrics', async () => {
  const { body } = await call('GET', '/version');
  assert.match((body as { version: string }).version, /^2\.\d+\.\d+\+packetboat$/);
  await create('a"b');
  const { text } = await call('GET', '/metrics');
  assert.match(text, /^packetboat_proxy_connections_total\{proxy="a\\"b"\} 0$/m);
  assert.match(text, /^packetboat_proxy_passed_bytes_total\{proxy="a\\"b",direction="up"\} 0$/m);
  assert.match(text, /^# TYPE packetboat_proxy_connection_ends_total counter$/m);
  await call('DELETE', `/proxies/${encodeURIComponent('a"b')}`);
});

test('the API refuses pages of other names and hosts [P9]', async () => {
  const port = String(api.port);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '10.0.0.1']) {
    assert.equal((await call('GET', '/proxies', undefined, { host })).status, 421, host);
  }
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:1`, `http://localhost:${port}`]) {
    const { status, body } = await call('POST', '/reset', undefined, { origin });
    assert.equal(status, 403, origin);
    assert.equal((body as { status: number }).status, 403);
  }
  const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
  assert.equal((await call('GET', '/proxies', undefined, own)).status, 200);
});

test('the API listens, and lets proxies listen, on this machine only [P9]', async () => {
  for (const listen of ['0.0.0.0:0', ':0', '[::]:0', '192.0.2.1:0']) {
    const { status } = await call('POST', '/proxies', { name: 'open', listen, upstream: '127.0.0.1:9' });
    assert.equal(status, 403, listen);
  }
  await create('here');
  assert.equal((await call('POST', '/proxies/here', { listen: '0.0.0.0:0' })).status, 403);
  await call('DELETE', '/proxies/here');
});

test('the API answers what is wrong with a code and a sentence, and goes on', async () => {
  await create('x');
  await call('POST', '/proxies/x/toxics', { type: 'latency', attributes: { latency: 1 } });
  const calls: [method: string, path: string, body: unknown, status: number, error: RegExp][] = [
    ['GET', '/nothing', undefined, 404, /there is nothing at/],
    ['GET', '/proxies/x/toxics/latency_downstream/more', undefined, 404, /there is nothing at/],
    ['GET', '/proxies/%ff', undefined, 400, /is not a name/],
    ['PUT', '/proxies', undefined, 405, /takes GET, POST/],
    ['POST', '/proxies', '{', 400, /^bad request body: /],
    ['POST', '/proxies', '[]', 400, /not an object/],
    ['POST', '/proxies', {}, 400, /^missing required field: name/],
    ['POST', '/proxies', { name: 'y' }, 400, /^missing required field: upstream/],
    ['POST', '/proxies', { name: 7, upstream: 'a:1' }, 400, /name is not a string/],
    ['POST', '/proxies', { name: 'y', upstream: 'a' }, 400, /"a" is not host:port/],
    ['POST', '/proxies', { name: 'y', upstream: 'a:1', enabled: 'yes' }, 400, /enabled/],
    ['POST', '/proxies', { name: 'y', listen: '127.0.0.1:9', upstream: 'localhost:9' }, 400, /leads back to/],
    ['POST', '/proxies/x', { upstream: proxies.get('x').port }, 400, /upstream is not a string/],
    ['POST', '/proxies/x', { upstream: `localhost:${proxies.get('x').port}` }, 400, /leads back to/],
    ['POST', '/proxies', { name: 'a/b', upstream: 'a:1' }, 400, /without/],
    ['POST', '/proxies', { name: 'y'.repeat(129), upstream: 'a:1' }, 400, /1 to 128/],
    ['POST', '/proxies', { name: 'x', upstream: 'a:1' }, 409, /^proxy already exists$/],
    ['POST', '/proxies/none/toxics', { type: 'latency' }, 404, /^proxy not found$/],
    ['POST', '/proxies/x/toxics', {}, 400, /^invalid toxic type$/],
    ['POST', '/proxies/x/toxics', { type: '__proto__' }, 400, /^invalid toxic type$/],
    ['POST', '/proxies/x/toxics', { type: 'latency', stream: 'left' }, 400, /^stream was invalid/],
    ['POST', '/proxies/x/toxics', { type: 'latency', attributes: [] }, 400, /attributes/],
    [
      'POST',
      '/proxies/x/toxics',
      { type: 'latency', attributes: { speed: 1 }, name: 'z' },
      400,
      /no attribute "speed"/,
    ],
    [
      'POST',
      '/proxies/x/toxics',
      { type: 'latency', attributes: { latency: -1 }, name: 'z' },
      400,
      /latencyMs of latency/,
    ],
    [
      'POST',
      '/proxies/x/toxics',
      { type: 'latency', attributes: { latency: '1' }, name: 'z' },
      400,
      /latencyMs of latency/,
    ],
    ['POST', '/proxies/x/toxics', { type: 'bandwidth' }, 400, /bytesPerSecond/],
    ['POST', '/proxies/x/toxics', { type: 'drop', toxicity: 7 }, 400, /toxicity is 7, not/],
    ['POST', '/proxies/x/toxics', { type: 'down', toxicity: 0.5 }, 400, /acts on the whole proxy/],
    ['POST', '/proxies/x/toxics', { type: 'latency' }, 409, /^toxic already exists$/],
    ['POST', '/proxies/x/toxics/latency_downstream', { attributes: { latency: 0.5 } }, 400, /latencyMs/],
    ['POST', '/proxies', `"${'x'.repeat(1_100_000)}"`, 413, /over 1048576 bytes/],
  ];
  for (const [method, path, sent, status, error] of calls) {
    const { status: got, body } = await call(method, path, sent);
    const told = body as { error: string; status: number };
    assert.deepEqual([got, told.status], [status, status], `${method} ${path} ${JSON.stringify(sent)?.slice(0, 99)}`);
    assert.match(told.error, error);
  }
  assert.deepEqual((await call('GET', '/proxies/x/toxics')).body, [
    {
      name: 'latency_downstream',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 1, jitter: 0 },
    },
  ]);
  await call('DELETE', '/proxies/x');
});

test('startApi says that the port is in use', async () => {
  await assert.rejects(startApi({ proxies, port: api.port }), /Cannot listen on 127\.0\.0\.1:\d+: another program/);
});
