import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from '../../testing/event_reader.ts';
import { parseEvents } from '../../testing/parse_events.ts';
import { streamBench } from '../../testing/stream_bench.ts';

type Bench = ReturnType<typeof streamBench>;

async function benchOf(contentType = 'text/plain', overrides = {}): Promise<{ bench: Bench; lineage: string }> {
  const bench = streamBench(overrides);
  await bench.create('s', contentType);
  const info = await bench.store.log.info('s');
  assert(typeof info === 'object');
  return { bench, lineage: info.lineage };
}

const tokenOf = (lineage: string, offset: number) => `${lineage}_${String(offset).padStart(16, '0')}`;

test('serverSentEvents sends what is there, then what comes, each with its control event', async () => {
  const { bench, lineage } = await benchOf();
  await bench.append('s', 'one ', 'two ');
  const reader = await EventReader.of(bench, 'offset=-1');
  await bench.append('s', 'three');
  await bench.settle();
  const { crc32 } = bench.virtual.world;
  const checksum = (text: string) => crc32(Buffer.from(text)).toString(16).padStart(8, '0');
  const control = (offset: number, text: string) => ({
    event: 'control',
    data: JSON.stringify({
      streamNextOffset: tokenOf(lineage, offset),
      streamCursor: '0',
      upToDate: true,
      streamChecksum: checksum(text),
    }),
  });
  assert.deepEqual(reader.events, [
    { event: 'data', data: 'one two ' },
    control(2, 'one two '),
    { event: 'data', data: 'three' },
    control(3, 'one two three'),
  ]);
});

test('serverSentEvents tells at once where the tail is when there is nothing to send', async () => {
  const { bench, lineage } = await benchOf();
  await bench.append('s', 'before');
  const reader = await EventReader.of(bench, 'offset=now');
  assert.equal(reader.data, '');
  assert.equal(reader.controls.length, 1);
  assert.equal(reader.controls[0]?.['streamNextOffset'], tokenOf(lineage, 1));
  assert.equal(reader.controls[0]['upToDate'], true);
  assert.equal(bench.broker.liveReaders.count('sse'), 1);
});

test('serverSentEvents names its content: JSON as arrays, bytes as Base64', async () => {
  const json = (await benchOf('application/json')).bench;
  const answer = await json.get('s', 'offset=-1&live=sse');
  assert.equal(answer.headers['Stream-SSE-Data-Encoding'], undefined);
  assert.equal(answer.headers['Content-Type'], 'text/event-stream');
  assert.match(answer.headers['Cache-Control'] ?? '', /no-cache/);
  await json.append('s', '{"a":\r\n1}', '"b"');
  const jsonReader = await EventReader.of(json, 'offset=-1');
  assert.deepEqual(JSON.parse(jsonReader.data), [{ a: 1 }, 'b']);

  const bytes = (await benchOf('image/png')).bench;
  const encoded = await bytes.get('s', 'offset=-1&live=sse');
  assert.equal(encoded.headers['Stream-SSE-Data-Encoding'], 'base64');
  await bytes.append('s', Uint8Array.of(1, 2), Uint8Array.of(13, 10, 255));
  const reader = await EventReader.of(bytes, 'offset=-1');
  assert.deepEqual([...Buffer.from(reader.data, 'base64')], [1, 2, 13, 10, 255]);
});

test('serverSentEvents begins amid a batch and amid a segment', async () => {
  const { bench, lineage } = await benchOf();
  await Promise.all([bench.append('s', '0', '1'), bench.append('s', '2', '3')]);
  for (let offset = 0; offset < 4; offset++) {
    const reader = await EventReader.of(bench, `offset=${tokenOf(lineage, offset)}`);
    assert.equal(reader.data, '0123'.slice(offset));
  }
});

test('serverSentEvents ends with the stream: closing, also with the last records, and deletion', async () => {
  const { bench } = await benchOf();
  const reader = await EventReader.of(bench, 'offset=-1');
  await bench.appendBatch('s', { records: [{ timeNs: 1n, bytes: Buffer.from('bye') }], close: true });
  await bench.settle();
  assert.equal(reader.data, 'bye');
  assert.equal(reader.controls.at(-1)?.['streamClosed'], true);
  assert.equal(reader.controls.at(-1)?.['streamCursor'], undefined);
  assert(reader.ended);

  const late = await EventReader.of(bench, 'offset=now');
  assert.deepEqual(
    late.controls.map(({ streamClosed, upToDate }) => [streamClosed, upToDate]),
    [[true, true]],
  );
  assert(late.ended);

  await bench.create('empty');
  const waiting = await EventReader.of(bench, 'offset=now', 'empty');
  await bench.store.log.close('empty');
  await bench.settle();
  assert.equal(waiting.controls.at(-1)?.['streamClosed'], true);
  assert(waiting.ended);

  await bench.create('brief');
  const cut = await EventReader.of(bench, 'offset=now', 'brief');
  await bench.store.log.delete('brief');
  await bench.settle();
  assert(cut.ended);
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('serverSentEvents ends after its time, and speaks when it is quiet', async () => {
  const { bench } = await benchOf();
  const reader = await EventReader.of(bench, 'offset=now');
  await bench.virtual.advance(9_999);
  assert.equal(reader.pieces.length, 1);
  await bench.virtual.advance(1);
  assert.equal(Buffer.from(reader.pieces[1] ?? []).toString(), ':\n\n');
  await bench.virtual.advance(49_999);
  assert(!reader.ended);
  assert.equal(reader.events.length, 1);
  await bench.virtual.advance(1);
  assert(reader.ended);
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('serverSentEvents ends only behind a control event: no record is sent that its reader could not count', async () => {
  const { bench } = await benchOf('text/plain', { readBytesMax: 40_000 });
  for (let index = 0; index < 20; index++)
    await bench.append('s', String(index).repeat(4_000).slice(0, 4_000), 'x'.repeat(4_000));
  const reader = await EventReader.of(bench, 'offset=-1');
  reader.stopReading();
  await bench.virtual.advance(60_000);
  reader.readOn();
  await bench.settle();
  assert(reader.ended);
  assert.equal(reader.events.at(-1)?.event, 'control');
});

test('serverSentEvents tells where it is even when it is first asked after its time', async () => {
  const { bench, lineage } = await benchOf();
  await bench.append('s', 'x');
  const { body } = await bench.get('s', 'offset=-1&live=sse');
  await bench.virtual.advance(60_000);
  assert(body !== undefined && Symbol.asyncIterator in body);
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  const events = parseEvents(Buffer.concat(pieces));
  assert.deepEqual(
    events.map(({ event }) => event),
    ['data', 'control'],
  );
  assert(events[1]?.data.includes(tokenOf(lineage, 1)));
});

test('serverSentEvents ends when the server stops and when its peer leaves', async () => {
  const { bench } = await benchOf();
  const left = new AbortController();
  const leaving = await EventReader.of(bench, 'offset=now', 's', { signal: left.signal });
  const staying = await EventReader.of(bench, 'offset=now');
  left.abort();
  await bench.settle();
  assert(leaving.ended && !staying.ended);
  assert.equal(bench.broker.liveReaders.count('sse'), 1);
  void bench.broker.stop();
  await bench.settle();
  assert(staying.ended);
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
});

test('serverSentEvents lets go of a reader whose body is never asked for once the peer has left', async () => {
  const { bench } = await benchOf();
  const left = new AbortController();
  await bench.get('s', 'offset=now&live=sse', { signal: left.signal });
  assert.equal(bench.broker.liveReaders.count('sse'), 1);
  left.abort();
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
});

test('serverSentEvents: a reader that takes nothing: holds what it was given, slows nobody, and catches up [P7]', async () => {
  const { bench } = await benchOf('text/plain', { frameCacheBytesMax: 20_000 });
  const [stalled, live] = [await EventReader.of(bench, 'offset=-1'), await EventReader.of(bench, 'offset=-1')];
  stalled.stopReading();
  for (let index = 0; index < 200; index++) {
    await bench.append('s', `${index} `.padEnd(1_000, '.'));
    await bench.settle();
  }
  assert.equal(live.events.length, 401);
  assert(stalled.pieces.length <= 2, `${stalled.pieces.length} pieces were made for it`);
  stalled.readOn();
  await bench.settle();
  assert.equal(stalled.data.replaceAll('|', ''), live.data.replaceAll('|', ''));
});

test('serverSentEvents: many readers: what is committed is encoded once, what is stored read once [P7] [F12]', async () => {
  const { bench } = await benchOf('text/plain', { liveReadersMax: 200, liveReadersPerClientMax: 200 });
  for (let index = 0; index < 30; index++) await bench.append('s', 'y'.repeat(4_096));
  let reads = 0;
  const { log } = bench.store;
  const readStored = log.read.bind(log);
  log.read = (...args) => {
    reads += 1;
    return readStored(...args);
  };
  const readers = await Promise.all(Array.from({ length: 100 }, () => EventReader.of(bench, 'offset=-1')));
  await bench.settle();
  assert.equal(reads, 2, 'one for each page');
  reads = 0;
  await bench.append('s', 'z'.repeat(4_096));
  await bench.settle();
  assert.equal(reads, 0);
  const [first] = readers;
  const last = first?.pieces.at(-2);
  assert(last !== undefined);
  for (const reader of readers) assert.equal(reader.pieces.at(-2), last);
});

test('serverSentEvents: records that are dropped before a reader gets them: it ends, and learns of the gap when it comes back [P6]', async () => {
  const { bench, lineage } = await benchOf('text/plain', { readBytesMax: 40_000, frameCacheBytesMax: 1 });
  for (let index = 0; index < 40; index++) await bench.append('s', 'x'.repeat(4_000));
  const reader = await EventReader.of(bench, 'offset=-1');
  assert.equal(reader.data.replaceAll('|', '').length, 160_000);
  const slow = bench.get('s', 'offset=-1&live=sse');
  const events = ((await slow).body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await events.next();
  await events.next();
  await bench.store.log.trim('s', 39);
  let rest = 0;
  for (let next = await events.next(); next.done !== true; next = await events.next()) rest += 1;
  assert.equal(rest, 0);
  const back = await bench.get('s', `offset=${tokenOf(lineage, 16)}&live=sse`);
  assert.equal(back.status, 410);
  assert.match(back.headers['Stream-Gap'] ?? '', /^retention;count=23;/);
  const start = await bench.get('s', 'offset=-1&live=sse');
  assert.match(start.headers['Stream-Gap'] ?? '', /^retention;count=39;/);
});

test('serverSentEvents gives gap records events of their own [P6]', async () => {
  const { bench } = await benchOf('application/json');
  const gap = { from: 1, to: 2, count: 2, reason: 'degraded' };
  const gapBatch = { gap: true, records: [{ timeNs: 1n, bytes: Buffer.from(JSON.stringify(gap)) }] };
  await Promise.all([bench.append('s', '1'), bench.appendBatch('s', gapBatch), bench.append('s', '2')]);
  const reader = await EventReader.of(bench, 'offset=-1');
  assert.equal(reader.data, `[1]|[${JSON.stringify(gap)}]|[2]`);
  assert.deepEqual(
    reader.controls.map(({ streamGap }) => streamGap),
    [undefined, true, undefined],
  );
});

test('serverSentEvents says when text is not UTF-8, and joins characters that two appends share', async () => {
  const { bench } = await benchOf();
  const [head, tail] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
  await bench.append('s', head);
  await bench.append('s', tail);
  const together = await EventReader.of(bench, 'offset=-1');
  assert.equal(together.data, 'é');
  assert.equal(together.controls[0]?.['notUtf8'], undefined);
  await bench.append('s', head);
  await bench.settle();
  assert.equal(together.controls.at(-1)?.['notUtf8'], true);
});

test('serverSentEvents never takes a cursor back', async () => {
  const { bench } = await benchOf();
  const reader = await EventReader.of(bench, 'offset=now&cursor=5');
  for (let index = 0; index < 5; index++) {
    await bench.append('s', 'x');
    await bench.virtual.advance(1_000);
  }
  const cursors = reader.controls.map(({ streamCursor }) => Number(streamCursor));
  assert(cursors.every((cursor) => cursor > 5));
  assert.deepEqual(
    cursors,
    cursors.toSorted((one, other) => one - other),
  );
});

test('serverSentEvents breaks off when the store cannot be read', async () => {
  const { bench } = await benchOf();
  await bench.append('s', 'x');
  bench.store.log.read = () => Promise.reject(new Error('unreadable'));
  const reader = await EventReader.of(bench, 'offset=-1');
  assert.match(String(reader.error), /unreadable/);
  assert.equal(bench.broker.liveReaders.count('sse'), 0);
});
