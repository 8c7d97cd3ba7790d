import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '@packetboat/core';
import { bodyOf, streamBench, textOf } from '../../testing/stream_bench.ts';

const crcText = (bench: ReturnType<typeof streamBench>, text: string) =>
  bench.virtual.world.crc32(Buffer.from(text)).toString(16).padStart(8, '0');

test('catchUp answers a byte stream from any record on, and says where it ends [P5]', async () => {
  const bench = streamBench();
  await bench.create('s');
  await Promise.all([bench.append('s', 'one ', 'two '), bench.append('s', 'three ')]);
  await bench.append('s', 'four');
  const { lineage } = await infoOf(bench);
  const records = ['one ', 'two ', 'three ', 'four'];
  for (let offset = 0; offset <= records.length; offset++) {
    const answer = await bench.get('s', `offset=${lineage}_${String(offset).padStart(16, '0')}`);
    assert.equal(answer.status, 200);
    assert.equal(await textOf(answer), records.slice(offset).join(''));
    const { ETag, ...headers } = answer.headers;
    assert.match(ETag ?? '', /^"/);
    assert.deepEqual(headers, {
      'Cache-Control': 'private, no-cache',
      'Stream-Next-Offset': `${lineage}_0000000000000004`,
      'Stream-Checksum': crcText(bench, records.join('')),
      'Stream-Up-To-Date': 'true',
      'Stream-Cursor': '0',
      'Content-Type': 'text/plain',
    });
  }
});

test('catchUp answers JSON as one array of the elements, byte for byte', async () => {
  const bench = streamBench();
  await bench.create('s', 'application/json; charset=utf-8');
  assert.equal(await textOf(await bench.get('s')), '[]');
  await Promise.all([bench.append('s', '{"a": 1.0}', '"é"'), bench.append('s', '[ ]')]);
  const whole = await bench.get('s');
  assert.equal(await textOf(whole), '[{"a": 1.0},"é",[ ]]');
  assert.equal(whole.headers['Stream-Checksum'], crcText(bench, '{"a": 1.0}"é"[ ]'));
  const { lineage } = await infoOf(bench);
  assert.equal(await textOf(await bench.get('s', `offset=${lineage}_0000000000000001`)), '["é",[ ]]');
});

test('catchUp hands a long stream out in bounded pages that join to the whole [P7]', async () => {
  const bench = streamBench({ readBytesMax: 40_000 });
  await bench.create('s');
  let whole = '';
  for (let index = 0; index < 60; index++) {
    const record = `${index} `.padEnd(2_000, 'x');
    whole += record;
    await bench.append('s', record);
  }
  let [text, next, pages] = ['', '-1', 0];
  for (let upToDate = false; !upToDate; pages += 1) {
    const answer = await bench.get('s', `offset=${next}`);
    const page = await textOf(answer);
    assert(page.length <= 40_000);
    text += page;
    assert.equal(answer.headers['Stream-Checksum'], crcText(bench, text));
    upToDate = answer.headers['Stream-Up-To-Date'] === 'true';
    const kept = upToDate ? 'private, no-cache' : 'private, max-age=60, stale-while-revalidate=300';
    assert.equal(answer.headers['Cache-Control'], kept);
    next = answer.headers['Stream-Next-Offset'] ?? '';
  }
  assert.equal(text, whole);
  assert(pages > 3);
});

test('catchUp says that a stream is closed where it ends, and not before', async () => {
  const bench = streamBench({ readBytesMax: 33_000 });
  await bench.create('s');
  await bench.append('s', ...Array.from({ length: 4 }, () => 'x'.repeat(4_000)));
  await bench.append('s', ...Array.from({ length: 4 }, () => 'y'.repeat(4_000)));
  await bench.append('s', 'z'.repeat(4_000));
  await bench.store.log.close('s');
  const first = await bench.get('s');
  assert.equal(first.headers['Stream-Closed'], undefined);
  assert.equal(first.headers['Stream-Up-To-Date'], undefined);
  const second = await bench.get('s', `offset=${first.headers['Stream-Next-Offset']}`);
  assert.equal(await textOf(second), 'z'.repeat(4_000));
  assert.equal(second.headers['Stream-Closed'], 'true');
  const third = await bench.get('s', `offset=${second.headers['Stream-Next-Offset']}`);
  assert.equal(await textOf(third), '');
  assert.equal(third.headers['Stream-Closed'], 'true');
  assert.equal(third.headers['Stream-Up-To-Date'], 'true');
  assert.equal(third.headers['Stream-Cursor'], undefined);
});

test('catchUp answers 304 to who has the page already, and never hides news behind it', async () => {
  const bench = streamBench();
  await bench.create('s');
  await bench.append('s', 'one');
  const etagNow = async () => (await bench.get('s')).headers['ETag'] ?? '';
  const conditional = (etag: string) => bench.get('s', '', { headers: { 'if-none-match': etag } });
  const first = await etagNow();
  const same = await conditional(`"other", W/${first}`);
  assert.equal(same.status, 304);
  assert.equal(same.body, undefined);
  assert.equal(same.headers['ETag'], first);
  assert.equal((await conditional('*')).status, 304);
  assert.equal((await conditional('"other"')).status, 200);
  await bench.append('s', 'two');
  assert.equal((await conditional(first)).status, 200);
  const second = await etagNow();
  await bench.store.log.close('s');
  const closed = await conditional(second);
  assert.equal(closed.status, 200);
  assert.equal(closed.headers['Stream-Closed'], 'true');
});

test('catchUp at now answers the tail without records, and is kept by nobody', async () => {
  const bench = streamBench();
  await bench.create('s');
  await bench.create('j', 'application/json');
  await bench.append('s', 'one');
  await bench.append('j', '1');
  for (const [stream, body] of [
    ['s', ''],
    ['j', '[]'],
  ] as const) {
    const answer = await bench.get(stream, 'offset=now', { headers: { 'if-none-match': '*' } });
    assert.equal(answer.status, 200);
    assert.equal(await textOf(answer), body);
    assert.equal(answer.headers['Cache-Control'], 'no-store');
    assert.equal(answer.headers['ETag'], undefined);
    assert.equal(answer.headers['Stream-Up-To-Date'], 'true');
    const { lineage, checksum } = await infoOf(bench, stream);
    assert.equal(answer.headers['Stream-Next-Offset'], `${lineage}_0000000000000001`);
    assert.equal(answer.headers['Stream-Checksum'], checksum.toString(16).padStart(8, '0'));
  }
  await bench.store.log.close('s');
  assert.equal((await bench.get('s', 'offset=now')).headers['Stream-Closed'], 'true');
});

test('catchUp refuses offsets of other streams and offsets that are not reached yet [H7] [P3]', async () => {
  const bench = streamBench();
  await bench.create('s');
  await bench.create('other');
  await bench.append('other', 'secret');
  const { lineage } = await infoOf(bench, 'other');
  await assert.rejects(bench.get('s', `offset=${lineage}_0000000000000000`), {
    code: 'badRequest',
    message: /another/,
  });
  await assert.rejects(bench.get('other', `offset=${lineage}_0000000000000002`), { code: 'badRequest' });
  await bench.store.log.delete('other');
  await bench.create('other');
  await bench.append('other', 'new');
  await assert.rejects(bench.get('other', `offset=${lineage}_0000000000000000`), { code: 'badRequest' });
});

test('catchUp says what there is not', async () => {
  const bench = streamBench();
  await assert.rejects(bench.get('s'), { code: 'notFound' });
  await assert.rejects(bench.get('s', 'offset=now'), { code: 'notFound' });
  await bench.create('s');
  await bench.store.log.delete('s');
  await assert.rejects(bench.get('s'), { code: 'gone' });
});

test('catchUp offers bytes as a download', async () => {
  const bench = streamBench();
  await bench.create('s', 'application/octet-stream');
  await bench.append('s', Uint8Array.of(0, 255, 10));
  const answer = await bench.get('s');
  assert.equal(answer.headers['Content-Disposition'], 'attachment');
  assert.deepEqual(await bodyOf(answer), Buffer.of(0, 255, 10));
});

test('catchUp hands no bytes on that fail their checksum [P5] [F14]', async () => {
  const bench = streamBench();
  await bench.create('s');
  await bench.append('s', 'precious');
  const { log } = bench.store;
  const readStored = log.read.bind(log);
  const damages: readonly ((segment: Segment) => Partial<Segment>)[] = [
    ...[45, 53, 59].map((at) => ({ bytes }: Segment) => ({ bytes: flipped(bytes, at) })),
    // Batches that are whole, but not those that belong here.
    ({ checksumAfter }) => ({ checksumAfter: checksumAfter ^ 1 }),
    ({ count }) => ({ count: count + 1 }),
  ];
  for (const damage of damages) {
    log.read = async (...args) => {
      const outcome = await readStored(...args);
      if (outcome.kind !== 'segments') return outcome;
      return { ...outcome, segments: outcome.segments.map((segment) => ({ ...segment, ...damage(segment) })) };
    };
    await assert.rejects(bench.get('s'), { code: 'damaged' });
  }
});

test('catchUp lets only so many reads at the store, and none for a peer that has left [P7] [F12]', async () => {
  const bench = streamBench({ readsInFlightMax: 2 });
  await bench.create('s');
  await bench.append('s', 'one');
  let [inFlight, inFlightMost, reads] = [0, 0, 0];
  const { log } = bench.store;
  const readStored = log.read.bind(log);
  log.read = async (...args) => {
    reads += 1;
    inFlight += 1;
    inFlightMost = Math.max(inFlightMost, inFlight);
    await Promise.resolve();
    inFlight -= 1;
    return readStored(...args);
  };
  await Promise.all(Array.from({ length: 20 }, () => bench.get('s')));
  assert.equal(inFlightMost, 2);
  assert.equal(reads, 20);
  await assert.rejects(bench.get('s', '', { signal: AbortSignal.abort() }), { code: 'aborted' });
  assert.equal(reads, 20);
});

test('catchUp by time begins where such records are and leaves out the others', async () => {
  const bench = streamBench();
  const startNs = bench.virtual.world.clock.wallNs();
  await bench.create('s');
  await bench.create('j', 'application/json');
  // Each record says its own second; every second one comes a second late.
  for (let second = 0; second < 10; second++) {
    await bench.virtual.advance(1_000);
    const timeNs = startNs + BigInt(second) * 1_000_000_000n;
    const records = [{ timeNs, bytes: Buffer.from(String(second)) }];
    await bench.appendBatch('s', { records });
    await bench.appendBatch('j', { records });
  }
  const timeAt = (second: number) => startNs + BigInt(second) * 1_000_000_000n;
  const range = `from-time=${timeAt(3)}&to-time=${timeAt(7)}`;
  const answer = await bench.get('s', range);
  assert.equal(await textOf(answer), '3456');
  assert.equal(answer.headers['Stream-Checksum'], undefined);
  assert.equal(answer.headers['Stream-Up-To-Date'], 'true');
  assert.equal(await textOf(await bench.get('j', range)), '[3,4,5,6]');
  assert.equal(await textOf(await bench.get('s', `from-time=2020-09-13T12:26:45Z`)), '56789');
  assert.equal(await textOf(await bench.get('s', `to-time=${timeAt(2)}`)), '01');
  assert.equal(await textOf(await bench.get('j', `from-time=${timeAt(1_000)}`)), '[]');
  assert.notEqual(answer.headers['ETag'], (await bench.get('s')).headers['ETag']);
});

test('catchUp by time tells what retention has dropped where it begins [P6]', async () => {
  const bench = streamBench();
  const startNs = bench.virtual.world.clock.wallNs();
  await bench.create('s');
  for (let second = 0; second < 10; second++) {
    await bench.virtual.advance(1_000);
    const timeNs = startNs + BigInt(second) * 1_000_000_000n;
    await bench.appendBatch('s', { records: [{ timeNs, bytes: Buffer.from(String(second)) }] });
  }
  await bench.store.log.trim('s', 4);
  const from = async (second: number) => {
    const answer = await bench.get('s', `from-time=${startNs + BigInt(second) * 1_000_000_000n}`);
    return [await textOf(answer), /^retention;count=(\d+)/.exec(answer.headers['Stream-Gap'] ?? '')?.[1]];
  };
  assert.deepEqual(await from(0), ['456789', '4']);
  assert.deepEqual(await from(8), ['89', undefined]);
});

test('read counts as reading, whatever comes of it', async () => {
  const bench = streamBench();
  await bench.create('s');
  const touched: string[] = [];
  bench.store.log.touch = (stream) => void touched.push(stream);
  await bench.get('s');
  await bench.get('s', 'offset=now');
  await assert.rejects(bench.get('s', 'offset='));
  assert.deepEqual(touched, ['s', 's']);
});

async function infoOf(bench: ReturnType<typeof streamBench>, stream = 's') {
  const info = await bench.store.log.info(stream);
  assert(typeof info === 'object');
  return info;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
