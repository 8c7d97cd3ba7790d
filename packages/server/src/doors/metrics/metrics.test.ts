import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawSocket } from '../../testing/raw_socket.ts';
import { testServer } from '../../testing/test_server.ts';

const text = { 'Content-Type': 'text/plain' };

/** A server with a stream, and all that its metrics say, by name and labels. */
async function metered() {
  const bench = await testServer();
  const stream = `${bench.server.url}/v1/stream/a`;
  await fetch(stream, { method: 'PUT', headers: text });
  const page = async () => {
    const response = await fetch(`${bench.server.url}/metrics`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    return await response.text();
  };
  return { ...bench, stream, page };
}

test('makeMetrics names each metric once, with its kind and help, in the style of Prometheus', async () => {
  await using bench = await metered();
  const page = await bench.page();
  const kinds = new Map<string, string>();
  for (const [, name = '', kind = ''] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    assert.ok(!kinds.has(name), `${name} twice`);
    kinds.set(name, kind);
    assert.match(name, /^(?:packetboat|process|nodejs)_[a-z_]+$/);
    assert.equal(kind === 'counter', name.endsWith('_total'), name);
    assert.match(page, new RegExp(`^# HELP ${name} [A-Z1][^\\n]+\\.$`, 'm'));
  }
  for (const line of page.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name = ''] = /^(\w+)(?:\{[^\n]*\})? (?:[\d.e+-]+|\+Inf)$/.exec(line) ?? [];
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    assert.ok(kinds.has(name) || kinds.get(family) === 'histogram', line);
  }
});

test('makeMetrics counts requests by route, method and status, and how long they took', async () => {
  await using bench = await metered();
  await fetch(bench.stream, { method: 'POST', headers: text, body: 'x' });
  await fetch(bench.stream, { method: 'POST', headers: text, body: 'y' });
  await fetch(`${bench.server.url}/v1/streams/none`);
  await fetch(`${bench.server.url}/nowhere`, { method: 'PATCH' });
  const requests = (route: string, method: string, status: number) =>
    bench.metric(`packetboat_http_requests_total{route="${route}",method="${method}",status="${status}"}`);
  assert.equal(await requests('/v1/stream/*', 'PUT', 201), 1);
  assert.equal(await requests('/v1/stream/*', 'POST', 204), 2);
  assert.equal(await requests('/v1/*', 'GET', 404), 1);
  assert.equal(await requests('none', 'other', 404), 1);
  assert.equal(await bench.metric('packetboat_http_request_duration_seconds_count{route="/v1/stream/*"}'), 3);
});

test('makeMetrics tells live readers, and requests whose peers have left, from others', async () => {
  await using bench = await metered();
  using events = await RawSocket.connect(bench.server.port);
  events.write('GET /v1/stream/a?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await events.until((received) => received.includes('event: control'));
  assert.equal(await bench.metric('packetboat_live_readers{kind="sse"}'), 1);
  assert.equal(await bench.metric('packetboat_http_requests_in_flight'), 2, 'the reader, and this question');
  events.socket.destroy();
  const left = 'packetboat_http_requests_total{route="/v1/stream/*?live",method="GET",status="200"}';
  while ((await bench.metric(left)) === 0);
  assert.equal(await bench.metric('packetboat_live_readers{kind="sse"}'), 0);
  using slow = await RawSocket.connect(bench.server.port);
  slow.write('GET /v1/stream/a?offset=now&live=long-poll HTTP/1.1\r\nHost: localhost\r\n\r\n');
  while ((await bench.metric('packetboat_live_readers{kind="long-poll"}')) === 0);
  slow.socket.destroy();
  const unanswered = 'packetboat_http_requests_total{route="/v1/stream/*?live",method="GET",status="499"}';
  while ((await bench.metric(unanswered)) === 0);
});

test('makeMetrics counts bytes of open and closed sockets', async () => {
  await using bench = await metered();
  const body = 'x'.repeat(10_000);
  await fetch(bench.stream, { method: 'POST', headers: { ...text, Connection: 'close' }, body });
  await (await fetch(bench.stream)).text();
  assert.ok((await bench.metric('packetboat_network_received_bytes_total')) > 10_000);
  assert.ok((await bench.metric('packetboat_network_sent_bytes_total')) > 10_000);
});

test('makeMetrics shows what each commit was', async () => {
  await using bench = await metered();
  await fetch(bench.stream, { method: 'POST', headers: text, body: 'x' });
  const commits = await bench.metric('packetboat_store_commits_total');
  assert.ok(commits > 0);
  for (const name of ['commit_duration_seconds', 'commit_batches', 'commit_bytes', 'commit_segments']) {
    assert.equal(await bench.metric(`packetboat_store_${name}_count`), commits, name);
  }
  assert.equal(await bench.metric('packetboat_store_state{state="ready"}'), 1);
  assert.equal(await bench.metric('packetboat_store_info{durability="memory"}'), 1);
});
