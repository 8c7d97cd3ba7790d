import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamBench, textOf } from '../../testing/stream_bench.ts';

const gap = (from: number) => JSON.stringify({ from, to: from, count: 1, reason: 'spoolFull' });
const gapBatch = (...froms: number[]) => ({
  gap: true,
  records: froms.map((from) => ({ timeNs: 1n, bytes: Buffer.from(gap(from)) })),
});
const crcText = (bench: ReturnType<typeof streamBench>, text: string) =>
  bench.virtual.world.crc32(Buffer.from(text)).toString(16).padStart(8, '0');

test('catchUp tells a retention gap: 410 in its midst, a field when the start is asked for [P6] [F10]', async () => {
  const bench = streamBench();
  await bench.create('s');
  for (const record of ['one ', 'two ', 'three ', 'four']) await bench.append('s', record);
  await bench.store.log.trim('s', 2);
  const { lineage } = await infoOf(bench);
  const dropped = (count: number) => `retention;count=${count};checksum="${crcText(bench, 'one two ')}"`;
  const gone = await bench.get('s', `offset=${lineage}_0000000000000001`);
  assert.equal(gone.status, 410);
  assert.equal(gone.error?.code, 'trimmed');
  assert.deepEqual(gone.headers, { 'Stream-Next-Offset': `${lineage}_0000000000000002`, 'Stream-Gap': dropped(1) });
  for (const query of ['', 'offset=-1']) {
    const start = await bench.get('s', query);
    assert.equal(await textOf(start), 'three four');
    assert.equal(start.headers['Stream-Gap'], dropped(2));
    assert.equal(start.headers['Stream-Checksum'], crcText(bench, 'one two three four'));
  }
  const goesOn = await bench.get('s', `offset=${gone.headers['Stream-Next-Offset']}`);
  assert.equal(await textOf(goesOn), 'three four');
  assert.equal(goesOn.headers['Stream-Gap'], undefined);
});

test('catchUp marks recorded gaps in the body: what is no data cannot pass for it [P6]', async () => {
  const bench = streamBench();
  for (const [stream, type] of [
    ['s', 'text/plain'],
    ['j', 'application/json'],
  ] as const) {
    await bench.create(stream, type);
    await bench.append(stream, '1');
    await bench.appendBatch(stream, gapBatch(7, 8));
    await bench.appendBatch(stream, gapBatch(9));
    await bench.append(stream, '2');
    await bench.appendBatch(stream, gapBatch(10));
    const answer = await bench.get(stream);
    const body = await textOf(answer);
    const places = [...(answer.headers['Stream-Gap'] ?? '').matchAll(/recorded;at=(\d+);bytes=(\d+)/g)];
    const marked = places.map(([, at, bytes]) => body.slice(Number(at), Number(at) + Number(bytes)));
    const comma = stream === 'j' ? ',' : '';
    assert.deepEqual(marked, [[gap(7), gap(8), gap(9)].join(comma), gap(10)]);
  }
});

test('catchUp ends a page before it would have to name more gaps than a header holds [P6] [P7]', async () => {
  const bench = streamBench();
  await bench.create('s');
  const emptyGap = { gap: true, records: [{ timeNs: 1n, bytes: Buffer.from('{}') }] };
  for (let index = 0; index < 100; index++) {
    await bench.append('s', 'data');
    await bench.appendBatch('s', emptyGap);
  }
  const first = await bench.get('s');
  assert.equal(first.headers['Stream-Gap']?.split(',').length, 64);
  assert.equal(first.headers['Stream-Up-To-Date'], undefined);
  const second = await bench.get('s', `offset=${first.headers['Stream-Next-Offset']}`);
  assert.equal(second.headers['Stream-Gap']?.split(',').length, 36);
  assert.equal((await textOf(first)) + (await textOf(second)), 'data{}'.repeat(100));
  assert.equal(first.headers['Stream-Checksum'], crcText(bench, await textOf(first)));
});

async function infoOf(bench: ReturnType<typeof streamBench>, stream = 's') {
  const info = await bench.store.log.info(stream);
  assert(typeof info === 'object');
  return info;
}
