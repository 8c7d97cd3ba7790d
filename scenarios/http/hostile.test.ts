/**
 * Hostile requests against every door of a real server with its own limits: each is refused in words, stores nothing, and
 * nobody else notices. What single doors make of hostile values stands beside them in `packages/server`.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawClient } from '../sensor_path/raw_client.ts';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

/** A request that a door takes, without its fields of connection and length. */
interface Call {
  readonly door: string;
  readonly line: string;
  readonly fields: string;
  readonly body: string;
}

const calls: readonly Call[] = [
  { door: 'line door', line: 'POST /', fields: '', body: 'hostile 1.0 1612091235112730000' },
  { door: 'stream door', line: 'POST /v1/stream/h', fields: 'Content-Type: text/plain\r\n', body: 'hostile' },
  { door: 'stream door', line: 'PUT /v1/stream/new', fields: 'Content-Type: text/plain\r\n', body: 'hostile' },
  { door: 'JSON API', line: 'PUT /v1/streams/new', fields: 'Content-Type: application/json\r\n', body: '{}' },
  {
    door: 'subscriptions',
    line: 'PUT /v1/stream/__ds/subscriptions/new',
    fields: 'Content-Type: application/json\r\n',
    body: '{"type":"pull-wake","pattern":"a/*","wake_stream":"wakes","lease_ttl_ms":1000}',
  },
];

let folder: Awaited<ReturnType<typeof tempFolder>>;
let server: Running & { url: string };
let host: string;

before(async () => {
  folder = await tempFolder();
  server = await serve(folder.path);
  host = new URL(server.url).host;
  await fetch(`${server.url}/v1/stream/h`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' } });
});

after(async () => {
  const { code } = await server.end();
  await folder[Symbol.asyncDispose]();
  assert.equal(code, 0);
});

/** What the server answers to a call with further fields, until it closes. */
async function answerTo({ line, fields, body }: Call, more: string, sent = body): Promise<string> {
  const head = `${line} HTTP/1.1\r\nHost: ${host}\r\n${fields}${more}\r\n${sent}`;
  using client = new RawClient(server.url, head);
  return (await client.toEnd()).toString('latin1');
}

/** The same, with the length that is right. */
function closing(call: Call, more: string): Promise<string> {
  return answerTo(call, `Connection: close\r\nContent-Length: ${call.body.length}\r\n${more}`);
}

function status(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

/** The three fields of a producer; `undefined` leaves one out. */
function producer(id: string | undefined, epoch: string | undefined, sequence: string | undefined): string {
  const fields = { 'Producer-Id': id, 'Producer-Epoch': epoch, 'Producer-Seq': sequence };
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return said.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** Nothing was stored or made, and another client's record goes in and out again. */
async function untouchedAndAlive(): Promise<void> {
  const { streams } = (await (await fetch(`${server.url}/v1/streams`)).json()) as { streams: { stream: string }[] };
  const names = streams.map(({ stream }) => stream).filter((name) => !name.startsWith('alive/'));
  assert.deepEqual(names, ['h']);
  assert.equal(await (await fetch(`${server.url}/v1/stream/h`)).text(), '');
  const own = `${server.url}/v1/stream/alive/${crypto.randomUUID()}`;
  const headers = { 'Content-Type': 'text/plain' };
  assert.equal((await fetch(own, { method: 'PUT', headers, body: 'alive' })).status, 201);
  assert.equal(await (await fetch(own)).text(), 'alive');
}

test('http: hostile: two ways to say a length, or a malformed one: 400 at every door, closed, nothing stored [H1]', async () => {
  for (const call of calls) {
    const { body, door } = call;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    for (const [more, sent] of [
      [`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, chunk],
      [`Content-Length: ${body.length}\r\nContent-Length: 5\r\n`, body],
      [`Content-Length: ${body.length}, ${body.length}\r\n`, body],
      [`Content-Length: +${body.length}\r\n`, body],
      ['Transfer-Encoding: xchunked\r\n', chunk],
      ['Transfer-Encoding: chunked, identity\r\n', chunk],
      [`X: 1\nContent-Length: ${body.length}\r\n`, body],
      [`X : 1\r\nContent-Length: ${body.length}\r\n`, body],
      ['Transfer-Encoding: chunked\r\n', `${body.length.toString(16)}\n${body}\r\n0\r\n\r\n`],
      ['Transfer-Encoding: chunked\r\n', `-1\r\n${body}\r\n0\r\n\r\n`],
    ] as const) {
      assert.equal(status(await answerTo(call, more, sent)), 400, `${door}: ${JSON.stringify(more)}`);
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: headers and targets over the limits: 431 and 414 at every door [H3]', async () => {
  for (const call of calls) {
    assert.equal(status(await closing(call, `X: ${'x'.repeat(17_000)}\r\n`)), 431, call.door);
    assert.equal(status(await closing(call, 'X: 1\r\n'.repeat(101))), 431, call.door);
    const long = { ...call, line: `${call.line}${'/x'.repeat(4_500)}` };
    assert.equal(status(await closing(long, '')), 414, call.door);
  }
  await untouchedAndAlive();
});

test('http: hostile: bodies over the limit: 413 at every door, before they are buffered, and the sender can read it [H4]', async () => {
  for (const call of calls) {
    for (const [more, sent] of [
      ['Content-Length: 10000000000\r\n', ''],
      ['Transfer-Encoding: chunked\r\n', `40000\r\n${'x'.repeat(0x4_00_00)}\r\n`.repeat(9)],
    ] as const) {
      using client = new RawClient(
        server.url,
        `${call.line} HTTP/1.1\r\nHost: ${host}\r\n${call.fields}${more}\r\n${sent}`,
      );
      const answer = await client.until((received) => received.includes('\r\n\r\n'));
      assert.equal(status(answer.toString('latin1')), 413, call.door);
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: compressed bodies: 415 at every door, nothing is inflated [H5]', async () => {
  for (const call of calls) {
    for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x']) {
      assert.equal(status(await closing(call, `Content-Encoding: ${encoding}\r\n`)), 415, `${call.door}: ${encoding}`);
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: names that climb, are cut or are no UTF-8: 400 at every door that takes names, nothing outside [H6]', async () => {
  const names = ['..%2f..%2fetc', '%00', 'a%00b', '%c0%ae', '%ff', '.', '%2e%2e', 'a%2f%2fb', '%', 'x'.repeat(4_096)];
  for (const name of names) {
    for (const call of calls.filter(({ line }) => line.endsWith('/new'))) {
      const named = { ...call, line: call.line.replace(/new$/, name) };
      assert.equal(status(await closing(named, '')), 400, named.line.slice(0, 80));
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: offsets of other streams, malformed or repeated: 400 however it is read, never other data [H7]', async () => {
  const other = await fetch(`${server.url}/v1/stream/alive/other`, { method: 'PUT', body: 'secret' });
  const foreign = other.headers.get('Stream-Next-Offset') ?? '';
  const own = (await fetch(`${server.url}/v1/stream/h`, { method: 'HEAD' })).headers.get('Stream-Next-Offset') ?? '';
  const [lineage = ''] = own.split('_');
  const bad = [
    foreign,
    foreign.replace(/\d$/, '0'),
    '-2',
    '1',
    '9007199254740992',
    'now%00',
    `${own}&offset=${own}`,
    '',
    '..',
    'NOW',
    '%ff',
  ];
  bad.push(
    `${lineage}_9007199254740993`,
    `${lineage}_-000000000000001`,
    own.toUpperCase() === own ? '_' : own.toUpperCase(),
  );
  for (const offset of bad) {
    for (const live of ['', '&live=long-poll', '&live=sse']) {
      const line = `GET /v1/stream/h?offset=${offset}${live}`;
      const answer = await answerTo({ door: 'stream door', line, fields: '', body: '' }, 'Connection: close\r\n');
      assert.equal(status(answer), 400, line);
      assert.doesNotMatch(answer, /secret/);
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: producer fields that are no plain integers, or not all three: 400, the state unchanged [H8]', async () => {
  const [, call] = calls;
  assert.ok(call !== undefined);
  for (const bad of ['9007199254740992', '-1', '1e3', '0x1', '1 1', '00', '1.0', '', '٣', '1,2', 'x'.repeat(5_000)]) {
    assert.equal(status(await closing(call, producer('p', '0', bad))), 400, bad.slice(0, 20));
    assert.equal(status(await closing(call, producer('p', bad, '0'))), 400, bad.slice(0, 20));
  }
  for (const partial of [
    producer(undefined, '0', '0'),
    producer('p', undefined, '0'),
    producer('p', '0', undefined),
    producer('', '0', '0'),
  ]) {
    assert.equal(status(await closing(call, partial)), 400, partial);
  }
  assert.equal(status(await closing(call, producer('x'.repeat(1_000), '0', '0'))), 400);
  // Nobody has taken a number: the first one is still free, at the epoch it begins with.
  const taken = await closing(call, producer('p', '0', '1'));
  assert.match(taken, /^HTTP\/1\.1 409 [\s\S]*Producer-Expected-Seq: 0\r\n/i);
  await untouchedAndAlive();
});

test('http: hostile: foreign names in Host, whole URLs and claims of proxies: refused at every door [H12] [P9]', async () => {
  for (const call of calls) {
    const length = `Connection: close\r\nContent-Length: ${call.body.length}\r\n`;
    const evil = `${call.line} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: host=localhost\r\n`;
    using rebound = new RawClient(server.url, `${evil}${call.fields}${length}\r\n${call.body}`);
    assert.equal(status((await rebound.toEnd()).toString()), 421, call.door);
    const whole = { ...call, line: call.line.replace(' /', ' http://evil.example/') };
    assert.equal(status(await closing(whole, '')), 400, call.door);
    const twice = `Host: ${host}\r\n`;
    assert.equal(status(await closing(call, twice)), 400, call.door);
  }
  await untouchedAndAlive();
});

test('http: hostile: foreign origins and null: 403 at every door that writes, whatever cookies say [H13] [P9]', async () => {
  for (const call of calls) {
    for (const origin of ['null', 'https://evil.example', `http://${host}.evil.example`, 'file://', '']) {
      const answer = await closing(call, `Origin: ${origin}\r\nCookie: session=1\r\nSec-Fetch-Site: cross-site\r\n`);
      assert.equal(status(answer), 403, `${call.door}: ${origin}`);
      assert.doesNotMatch(answer, /Access-Control-Allow-Origin/i);
    }
  }
  await untouchedAndAlive();
});

test('http: hostile: Authorization: giant, repeated or malformed: read as nothing, or 431; never reflected [H16]', async () => {
  const [, call] = calls;
  assert.ok(call !== undefined);
  const read = { ...call, line: 'GET /v1/stream/h', body: '' };
  for (const value of ['Bearer', 'Bearer a, Bearer b', 'Basic %%%', 'Bearer x\r\nAuthorization: Bearer y', '\u00ff']) {
    const answer = await closing(read, `Authorization: ${value}\r\n`);
    assert.equal(status(answer), 200, value);
    assert.doesNotMatch(answer, /bearer|basic/i);
  }
  assert.equal(status(await closing(read, `Authorization: Bearer ${'x'.repeat(100_000)}\r\n`)), 431);
  assert.equal(status(await closing(read, 'Authorization: Bearer x\u0000y\r\n')), 400);
  assert.equal(status(await closing(read, 'Authorization: Bearer x\ry\r\n')), 400);
  assert.ok(!server.stderr.join('\n').includes('Bearer'), 'secrets are not logged');
  await untouchedAndAlive();
});
