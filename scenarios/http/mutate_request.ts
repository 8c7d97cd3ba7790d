/** Requests that are nearly right: what every door takes, with a few things changed. */

const json = 'Content-Type: application/json\r\n';
const text = 'Content-Type: text/plain\r\n';
const producer = 'Producer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\n';

/** One request of every kind, as text. Those that write touch streams below `fuzz/` only. */
const requests: readonly string[] = [
  bodied('POST /', '', 'fuzz 1.0 1612091235112730000\nfuzz 2.0 1612091235112730001\n'),
  bodied('PUT /v1/stream/fuzz/a', text, 'first'),
  bodied('PUT /v1/stream/fuzz/j', `${json}Stream-TTL: 60\r\n`, '[{"a":[1,"\\u0041"]},null]'),
  bodied('PUT /v1/stream/fuzz/f', 'Stream-Forked-From: /v1/stream/fuzz/a\r\nStream-Fork-Sub-Offset: 1\r\n', ''),
  bodied('PUT /v1/stream/fuzz/e', `${text}Stream-Expires-At: 2099-01-01T00:00:00Z\r\nStream-Closed: true\r\n`, 'x'),
  bodied('POST /v1/stream/fuzz/a', `${text}${producer}`, 'second'),
  bodied('POST /v1/stream/fuzz/a', `${text}Stream-Seq: 0001\r\nIdempotency-Key: "k"\r\n`, 'third'),
  bodied('POST /v1/stream/fuzz/j', `${json}Stream-Expected-Offset: -1\r\n`, '[1,2,[3]]'),
  bodied('POST /v1/stream/fuzz/j', `${json}Transfer-Encoding: chunked\r\n`, '', '3\r\n[1]\r\n0\r\n\r\n'),
  bare('GET /v1/stream/fuzz/a?offset=-1', 'If-None-Match: "x"\r\n'),
  bare('GET /v1/stream/fuzz/j?offset=now&live=long-poll&cursor=1', ''),
  bare('GET /v1/stream/fuzz/j?offset=-1&live=sse', 'Accept: text/event-stream\r\n'),
  bare('GET /v1/stream/fuzz/a?from-time=2020-01-01T00:00:00Z&to-time=1999999999000000000', ''),
  bare('HEAD /v1/stream/fuzz/a', ''),
  bare('OPTIONS /v1/stream/fuzz/a', 'Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n'),
  bare('DELETE /v1/stream/fuzz/f', ''),
  bodied('PUT /v1/streams/fuzz%2Fs', json, '{"contentType":"text/plain","ttlMs":60000}'),
  bare('GET /v1/streams?prefix=fuzz&limit=5', ''),
  bodied('POST /v1/streams/fuzz%2Fs/trim', json, '{"before":1}'),
  bodied('PUT /v1/streams/fuzz%2Fs/cursors/c', json, '{"offset":0}'),
  bare('GET /v1/store', ''),
  bodied(
    'PUT /v1/stream/__ds/subscriptions/fuzz',
    json,
    '{"type":"pull-wake","pattern":"fuzz/*","wake_stream":"fuzz/w","lease_ttl_ms":1000}',
  ),
  bodied('POST /v1/stream/__ds/subscriptions/fuzz/claim', json, '{"worker":"w"}'),
  bodied('POST /v1/stream/__ds/subscriptions/fuzz/ack', json, '{"wake_id":"w","generation":1,"acks":[]}'),
  bare('GET /v1/stream/__ds/jwks.json', ''),
  bare('GET /metrics', ''),
  bare('GET /openapi.json', 'Accept-Encoding: gzip\r\n'),
  bare(
    'GET /v1/session',
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: packetboat.v1\r\n',
  ),
];

/** What often leads somewhere. */
const tokens = [
  ['\r\n', '\r', '\n', '\0', '\r\n\r\n', ' ', '\t', ':', ',', ';', '=', '&', '?', '#', '/', '//', '..', '%', '"'],
  ['%00', '%2e%2e%2f', '%c0%ae', '%ff', '\xff', '\xc0\xae', '\ufeff', '{', '[', ']', '}', '\\', '\\u0000', '\\ud800'],
  ['0', '-1', '1e3', '9007199254740993', '18446744073709551616', '0x10', 'NaN', 'now', 'null', '__proto__'],
  [
    'Content-Length: 0\r\n',
    'Content-Length: 99999999\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\n',
  ],
  ['Connection: close\r\n', 'Upgrade: h2c\r\n', 'Content-Encoding: gzip\r\n', 'Range: bytes=0-\r\n'],
  ['Stream-Closed: true\r\n', 'Producer-Epoch: 9007199254740991\r\n', 'If-None-Match: *\r\n', 'A'.repeat(20_000)],
].flat();

/** A request with one to four things changed, mostly one, as bytes. */
export function mutateRequest(random: () => number): Buffer {
  let bytes = Buffer.from(pick(requests, random), 'latin1');
  const changes = 1 + Math.trunc(random() * random() * 4);
  for (let change = 0; change < changes; change++) bytes = Buffer.concat(pick(mutations, random)(bytes, random));
  return bytes;
}

type Mutation = (bytes: Buffer, random: () => number) => Buffer[];

const mutations: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const at = Math.trunc(random() * bytes.length);
    const flipped = Buffer.of((bytes[at] ?? 0) ^ (1 << Math.trunc(random() * 8)));
    return [bytes.subarray(0, at), flipped, bytes.subarray(at + 1)];
  },
  function insertToken(bytes, random) {
    const at = Math.trunc(random() * (bytes.length + 1));
    return [bytes.subarray(0, at), Buffer.from(pick(tokens, random), 'latin1'), bytes.subarray(at)];
  },
  function overwriteWithToken(bytes, random) {
    const token = Buffer.from(pick(tokens, random), 'latin1');
    const at = Math.trunc(random() * (bytes.length + 1));
    return [bytes.subarray(0, at), token, bytes.subarray(at + token.length)];
  },
  function dropRange(bytes, random) {
    const [from, to] = range(bytes, random);
    return [bytes.subarray(0, from), bytes.subarray(to)];
  },
  function repeatRange(bytes, random) {
    const [from, to] = range(bytes, random);
    return [bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)];
  },
  function cutOff(bytes, random) {
    return [bytes.subarray(0, Math.trunc(random() * bytes.length))];
  },
  function insertLine(bytes, random) {
    const ends = [...bytes.toString('latin1').matchAll(/\r\n/g)].map(({ index }) => index + 2);
    const at = ends.length === 0 ? 0 : pick(ends, random);
    return [bytes.subarray(0, at), Buffer.from(pick(requests, random), 'latin1').subarray(0, 200), bytes.subarray(at)];
  },
  function sendTwice(bytes, random) {
    return [bytes, Buffer.from(pick(requests, random), 'latin1')];
  },
];

/** At most 64 bytes of a request. */
function range(bytes: Buffer, random: () => number): [from: number, to: number] {
  const from = Math.trunc(random() * bytes.length);
  return [from, Math.min(bytes.length, from + 1 + Math.trunc(random() * 64))];
}

function pick<T>(list: readonly T[], random: () => number): T {
  const one = list[Math.trunc(random() * list.length)];
  if (one === undefined) throw new Error('There is nothing to pick from');
  return one;
}

function bare(line: string, fields: string): string {
  return `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
}

function bodied(line: string, fields: string, body: string, sent = body): string {
  const length = sent === body ? `Content-Length: ${body.length}\r\n` : '';
  return `${line} HTTP/1.1\r\nHost: localhost\r\n${fields}${length}\r\n${sent}`;
}
