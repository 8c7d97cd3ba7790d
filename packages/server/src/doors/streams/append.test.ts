import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRecords, type Limits, openBatch, type Proof } from '@packetboat/core';
import { storedTexts } from '../../testing/stored_texts.ts';
import { streamRequest } from '../../testing/stream_request.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { append } from './append.ts';
import { create } from './create.ts';
import { remove } from './remove.ts';
import type { StreamAnswer } from './stream_request.ts';

type Headers = Readonly<Record<string, string>>;

const text = { 'Content-Type': 'text/plain' };
const json = { 'Content-Type': 'application/json' };
const closing = { 'Stream-Closed': 'true' };
const numbered = (sequence: number | string, epoch: number | string = 0, id = 'p') => ({
  'Producer-Id': id,
  'Producer-Epoch': String(epoch),
  'Producer-Seq': String(sequence),
});

/** A broker with an open stream `s`. */
async function bench(contentType = 'text/plain', limits: Partial<Limits> = {}) {
  const tools = testBroker(limits);
  const { broker, store } = tools;
  await create(broker, streamRequest('s', { headers: { 'Content-Type': contentType } }));
  const post = (headers: Headers, body: string | Uint8Array = '', stream = 's') =>
    append(broker, streamRequest(stream, { headers, body }));
  const recordsOf = () => storedTexts(store, 's');
  const infoOf = async (stream = 's') => {
    const info = await store.log.info(stream);
    assert(typeof info === 'object');
    return info;
  };
  return { ...tools, post, recordsOf, infoOf };
}

/** What a client looks at: the status, the error's code, and the protocol's own fields without the offset. */
function seen({ status, error, headers }: StreamAnswer) {
  const fields = Object.entries(headers).filter(([name]) => !/^Stream-(?:Next-Offset|Receipt)$/.test(name));
  return { status, ...(error !== undefined && { code: error.code }), ...Object.fromEntries(fields) };
}

const tailOf = ({ headers }: StreamAnswer) => Number(headers['Stream-Next-Offset']?.slice(17));

test('stream door: POST: one record of the body’s bytes, 204, and where the stream ends now', async () => {
  const { post, recordsOf, virtual, store } = await bench();
  const bytes = Uint8Array.of(0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff);
  const first = await post(text, 'a\n');
  assert.deepEqual(seen(first), { status: 204 });
  assert.equal(tailOf(first), 1);
  assert.equal(tailOf(await post(text, bytes)), 2);
  assert.deepEqual(await recordsOf(), ['a\n', Buffer.from(bytes).toString()]);
  const outcome = await store.log.read('s', 0, 1_000);
  assert(outcome.kind === 'segments' && outcome.segments[0] !== undefined);
  const [record] = batchRecords(openBatch(outcome.segments[0].bytes, 0, virtual.world.crc32, testBroker().limits));
  assert.equal(record?.timeNs, virtual.world.clock.wallNs(), 'its time is when it came');
});

test('stream door: POST: each is told where its own record ends, though one commit took several', async () => {
  const { post, store } = await bench();
  const commits = store.health().commits;
  const answers = await Promise.all([post(text, 'a'), post(text, 'b'), post({ ...text, ...numbered(0) }, 'c')]);
  assert.equal(store.health().commits, commits + 1);
  assert.deepEqual(answers.map(tailOf), [1, 2, 3]);
});

test('stream door: POST: a JSON body is one record per element, in its own bytes', async () => {
  const { post, recordsOf } = await bench('application/json');
  assert.equal(tailOf(await post(json, '{"a": 1.0}')), 1);
  assert.equal(tailOf(await post({ 'Content-Type': 'Application/JSON;charset=utf-8' }, ' [ "b" , [2,\n3] ] ')), 3);
  assert.deepEqual(await recordsOf(), ['{"a": 1.0}', '"b"', '[2,\n3]']);
});

test('stream door: POST: bodies that hold no record, or are no JSON: refused, nothing stored [H11]', async () => {
  const { post, infoOf } = await bench('application/json');
  for (const [headers, body, code] of [
    [json, '', 'badRequest'],
    [json, '[]', 'badRequest'],
    [json, ' [ ] ', 'badRequest'],
    [{ ...json, ...closing }, '[]', 'badRequest'],
    [{ ...json, ...numbered(0) }, '[]', 'badRequest'],
    [json, ' ', 'badJson'],
    [json, '{"a":', 'badJson'],
    [json, Uint8Array.of(0x22, 0xff, 0x22), 'badJson'],
    [json, '\ufeff1', 'badJson'],
    [json, '['.repeat(60_000), 'badJson'],
    [json, `[${'0,'.repeat(300)}0]`, 'tooLarge'],
    [json, `"${'x'.repeat(5_000)}"`, 'tooLarge'],
  ] as const) {
    await assert.rejects(post(headers, body), { code }, `${JSON.stringify(headers)} ${body.slice(0, 20).toString()}`);
  }
  const { tail, closed } = await infoOf();
  assert.deepEqual({ tail, closed }, { tail: 0, closed: false });
});

test('stream door: POST: a body of bytes larger than a record: several records, none of them with half a character', async () => {
  const { post, recordsOf } = await bench('text/plain', { recordBytesMax: 10 });
  assert.equal((await post(text, '0123456789')).status, 204);
  assert.equal((await post(text, 'a日本語日本語日本語b')).status, 204);
  assert.equal((await post(text, new Uint8Array(25).fill(0x80))).status, 204);
  const records = await recordsOf();
  assert.deepEqual(records.slice(0, 5), ['0123456789', 'a日本語', '日本語', '日本語b', '\ufffd'.repeat(7)]);
  assert.equal(records.length, 8);
});

test('stream door: POST: __proto__ and repeated names are bytes like others, nothing is polluted [H11]', async () => {
  const { post, recordsOf } = await bench('application/json');
  const odd = ['{"__proto__":{"admin":true}}', '{"a":1,"a":2}', '"\\ud800"'];
  await post(json, `[${odd.join()}]`);
  assert.deepEqual(await recordsOf(), odd);
  assert.equal(Object.hasOwn(Object.prototype, 'admin'), false);
});

test('stream door: POST: the type is the stream’s, in any letter case and with any parameters', async () => {
  const { post, infoOf } = await bench();
  assert.equal((await post({ 'Content-Type': 'TEXT/PLAIN;charset=UTF-8' }, 'x')).status, 204);
  for (const [type, code] of [
    ['application/json', 'contentTypeMismatch'],
    ['text/plain2', 'contentTypeMismatch'],
    ['', 'badRequest'],
    ['text', 'badRequest'],
  ] as const) {
    await assert.rejects(post({ 'Content-Type': type }, '{}'), { code }, type);
  }
  await assert.rejects(post({}, 'x'), { code: 'badRequest' }, 'a body has a type');
  assert.equal((await infoOf()).tail, 1);
});

test('stream door: POST: no stream, a deleted one, one that only forks read: each by name', async () => {
  const { post, broker } = await bench();
  await assert.rejects(post(text, 'x', 'missing'), { code: 'notFound' });
  await assert.rejects(post(closing, '', 'missing'), { code: 'notFound' });
  await assert.rejects(post({ ...text, ...numbered(0) }, 'x', 'missing'), { code: 'notFound' });
  await create(broker, streamRequest('f', { headers: { 'Stream-Forked-From': '/v1/stream/s' } }));
  await remove(broker, streamRequest('s'));
  await assert.rejects(post(text, 'x'), { code: 'softDeleted' });
  await remove(broker, streamRequest('f'));
  await assert.rejects(post(text, 'x', 'f'), { code: 'gone' });
});

test('stream door: producer: 200 for what is new, 204 for what was stored before, with the highest sequence [P2]', async () => {
  const { post, recordsOf } = await bench();
  for (const sequence of [0, 1, 2]) {
    const answer = await post({ ...text, ...numbered(sequence) }, `m${sequence}`);
    assert.deepEqual(seen(answer), { status: 200, 'Producer-Epoch': '0', 'Producer-Seq': String(sequence) });
    assert.equal(tailOf(answer), sequence + 1);
  }
  const again = await post({ ...text, ...numbered(1) }, 'm1');
  assert.deepEqual(seen(again), { status: 204, 'Producer-Epoch': '0', 'Producer-Seq': '2' });
  assert.deepEqual(await recordsOf(), ['m0', 'm1', 'm2']);
});

test('stream door: producer: the same numbers with another body: acknowledged, the first one stays', async () => {
  const { post, recordsOf, virtual } = await bench();
  await post({ ...text, ...numbered(0) }, 'first');
  await virtual.advance(5);
  assert.equal((await post({ ...text, ...numbered(0) }, 'second')).status, 204);
  assert.deepEqual(await recordsOf(), ['first']);
});

test('stream door: producer: a gap says what is expected, also of a producer that nobody knows yet', async () => {
  const { post } = await bench();
  const gap = { status: 409, code: 'sequenceGap' };
  const unknown = seen(await post({ ...text, ...numbered(3) }, 'x'));
  assert.deepEqual(unknown, { ...gap, 'Producer-Expected-Seq': '0', 'Producer-Received-Seq': '3' });
  await post({ ...text, ...numbered(0) }, 'x');
  const known = seen(await post({ ...text, ...numbered(2) }, 'x'));
  assert.deepEqual(known, { ...gap, 'Producer-Expected-Seq': '1', 'Producer-Received-Seq': '2' });
});

for (const before of [0, 1, 2]) {
  test(`stream door: producer: ${before} are stored, two more overtake one another: what was missing has come when the gap is looked at`, async () => {
    const { broker, post, recordsOf } = await bench();
    for (let sequence = 0; sequence < before; sequence++) await post({ ...text, ...numbered(sequence) }, 'before');
    const { log } = broker.store;
    const lookUp = log.producer.bind(log);
    log.producer = async (stream, id) => {
      log.producer = lookUp;
      await post({ ...text, ...numbered(before) }, 'first');
      return lookUp(stream, id);
    };
    const { status, headers } = await post({ ...text, ...numbered(before + 1) }, 'second');
    assert.deepEqual([status, headers['Producer-Seq']], [200, String(before + 1)]);
    assert.deepEqual((await recordsOf()).slice(before), ['first', 'second']);
  });
}

test('stream door: producer: a gap of a life that was fenced meanwhile: staleEpoch [I6]', async () => {
  const { broker, post } = await bench();
  await post({ ...text, ...numbered(0) }, 'x');
  const { log } = broker.store;
  const lookUp = log.producer.bind(log);
  log.producer = async (stream, id) => {
    log.producer = lookUp;
    await post({ ...text, ...numbered(0, 1) }, 'newer');
    return lookUp(stream, id);
  };
  const stale = await post({ ...text, ...numbered(5) }, 'x');
  assert.deepEqual(seen(stale), { status: 403, code: 'staleEpoch', 'Producer-Epoch': '1' });
});

test('stream door: producer: a new epoch begins with 0 and fences the old one [I6]', async () => {
  const { post, recordsOf } = await bench();
  await post({ ...text, ...numbered(0) }, 'a');
  await assert.rejects(post({ ...text, ...numbered(5, 1) }, 'x'), { code: 'epochStart' });
  assert.equal((await post({ ...text, ...numbered(0, 1) }, 'b')).status, 200);
  for (const sequence of [0, 1]) {
    const stale = await post({ ...text, ...numbered(sequence, 0) }, 'x');
    assert.deepEqual(seen(stale), { status: 403, code: 'staleEpoch', 'Producer-Epoch': '1' });
  }
  assert.deepEqual(await recordsOf(), ['a', 'b']);
});

test('stream door: producer: malformed or partial fields: badRequest each, the state is unchanged [H8]', async () => {
  const { post, store, infoOf } = await bench();
  await post({ ...text, ...numbered(0) }, 'x');
  for (const bad of ['9007199254740992', '-1', '1e3', '0x1', ' 1', '1abc', '']) {
    await assert.rejects(post({ ...text, ...numbered(bad) }, 'x'), { code: 'badRequest' }, bad);
    await assert.rejects(post({ ...text, ...numbered(1, bad) }, 'x'), { code: 'badRequest' }, bad);
  }
  for (const name of ['Producer-Id', 'Producer-Epoch', 'Producer-Seq']) {
    await assert.rejects(post({ ...text, [name]: '1' }, 'x'), { code: 'badRequest' }, name);
    const { [name]: _, ...two } = { ...numbered(1) } as Record<string, string>;
    await assert.rejects(post({ ...text, ...two }, 'x'), { code: 'badRequest' }, `no ${name}`);
  }
  await assert.rejects(post({ ...text, ...numbered(1, 0, '') }, 'x'), { code: 'badRequest' });
  assert.deepEqual(await store.log.producer('s', 'p'), { epoch: 0, sequence: 0 });
  assert.equal((await infoOf()).tail, 1);
});

test('stream door: producer: one that began on a session goes on here, and the other way round [P2]', async () => {
  const { post, broker, sealed, virtual, limits, recordsOf } = await bench();
  const overSession = (sequence: number) =>
    broker.append({ stream: 's', batch: openBatch(sealed(sequence), 0, virtual.world.crc32, limits) });
  await overSession(0);
  assert.equal((await post({ ...text, ...numbered(0) }, 'again')).status, 204);
  assert.equal((await post({ ...text, ...numbered(1) }, 'http')).status, 200);
  assert.equal((await overSession(2)).kind, 'appended');
  assert.deepEqual(await recordsOf(), ['record 0', 'http', 'record 2']);
});

test('stream door: producer: 50 requests with the same numbers at once: one 200, 49 × 204, one record [H9] [P2]', async () => {
  const { post, recordsOf } = await bench();
  const posts = Array.from({ length: 50 }, (_, index) => post({ ...text, ...numbered(0) }, `body ${index}`));
  const statuses = (await Promise.all(posts)).map(({ status }) => status);
  assert.deepEqual(Map.groupBy(statuses, (each) => each).get(204)?.length, 49);
  assert(statuses.includes(200));
  assert.equal((await recordsOf()).length, 1);
});

test('stream door: closing: with the last record, with none, and again: every later record is refused [F4]', async () => {
  const { post, infoOf, recordsOf } = await bench();
  await post(text, 'a');
  const last = await post({ ...text, ...closing }, 'b');
  assert.deepEqual(seen(last), { status: 204, 'Stream-Closed': 'true' });
  assert.equal(tailOf(last), 2);
  for (const headers of [closing, { ...json, ...closing }, { ...closing, 'Stream-Closed': 'TRUE' }]) {
    const again = await post(headers);
    assert.deepEqual(seen(again), { status: 204, 'Stream-Closed': 'true' });
    assert.equal(tailOf(again), 2);
  }
  for (const headers of [text, { ...text, ...closing }]) {
    const refused = await post(headers, 'c');
    assert.deepEqual(seen(refused), { status: 409, code: 'closed', 'Stream-Closed': 'true' });
    assert.equal(tailOf(refused), 2);
  }
  assert.equal((await infoOf()).closed, true);
  assert.deepEqual(await recordsOf(), ['a', 'b']);
});

test('stream door: closing: an empty body of any type closes, another value of the field does not', async () => {
  const { post, infoOf } = await bench();
  for (const value of ['false', '1', '']) {
    await assert.rejects(post({ 'Stream-Closed': value }), { code: 'badRequest' });
    assert.deepEqual(seen(await post({ ...text, 'Stream-Closed': value }, 'x')), { status: 204 });
  }
  assert.equal((await infoOf()).closed, false);
  assert.deepEqual(seen(await post({ ...json, ...closing })), { status: 204, 'Stream-Closed': 'true' });
});

test('stream door: closing: by a producer: its own repetition is acknowledged, anybody else’s refused', async () => {
  const { post, recordsOf } = await bench();
  const first = await post({ ...text, ...closing, ...numbered(0) }, 'final');
  const closed = { 'Stream-Closed': 'true', 'Producer-Epoch': '0', 'Producer-Seq': '0' };
  assert.deepEqual(seen(first), { status: 200, ...closed });
  assert.deepEqual(seen(await post({ ...text, ...closing, ...numbered(0) }, 'other')), { status: 204, ...closed });
  for (const other of [numbered(1), numbered(0, 0, 'q'), numbered(0, 1)]) {
    for (const body of ['x', '']) {
      const refused = await post({ ...text, ...closing, ...other }, body);
      assert.deepEqual(seen(refused), { status: 409, code: 'closed', 'Stream-Closed': 'true' });
    }
  }
  assert.deepEqual(await recordsOf(), ['final']);
});

test('stream door: closing: without a record it takes a sequence, and can be repeated', async () => {
  const { post } = await bench();
  await post({ ...text, ...numbered(0) }, 'a');
  const expected = { status: 204, 'Stream-Closed': 'true', 'Producer-Epoch': '0', 'Producer-Seq': '1' };
  assert.deepEqual(seen(await post({ ...closing, ...numbered(1) })), expected);
  assert.deepEqual(seen(await post({ ...closing, ...numbered(1) })), expected);
  assert.equal((await post({ ...text, ...numbered(0) }, 'a')).status, 204, 'what is stored stays acknowledged');
});

test('stream door: refusals come in order: closed, then the type, then the sequence', async () => {
  const { post } = await bench();
  await post({ ...text, 'Stream-Seq': 'b' }, 'x');
  const bad = { ...json, 'Stream-Seq': 'a' };
  await assert.rejects(post(bad, '{}'), { code: 'contentTypeMismatch' });
  await assert.rejects(post({ ...text, 'Stream-Seq': 'a' }, 'x'), { code: 'streamSeqRegressed' });
  await post(closing);
  assert.equal((await post(bad, '{}')).error?.code, 'closed');
});

test('stream door: Stream-Seq: grows byte by byte, whatever it looks like, over all writers of the stream', async () => {
  const { post, recordsOf } = await bench();
  const sequences = ['09', '10', '2', 'B', 'a', '~', '\x80', '\xff'];
  for (const sequence of sequences)
    assert.equal((await post({ ...text, 'Stream-Seq': sequence }, sequence)).status, 204);
  for (const sequence of [...sequences, '0']) {
    await assert.rejects(post({ ...text, 'Stream-Seq': sequence }, 'x'), { code: 'streamSeqRegressed' });
  }
  for (const bad of ['', 'x'.repeat(65)]) {
    await assert.rejects(post({ ...text, 'Stream-Seq': bad }, 'x'), { code: 'badRequest' });
  }
  assert.equal((await recordsOf()).length, sequences.length);
});

test('stream door: Stream-Seq: a producer’s repetition is acknowledged before its Stream-Seq is looked at', async () => {
  const { post } = await bench();
  const headers = { ...text, ...numbered(0), 'Stream-Seq': '001' };
  assert.equal((await post(headers, 'x')).status, 200);
  assert.equal((await post(headers, 'x')).status, 204);
});

test('stream door: Stream-Expected-Offset: one of two writers at the same place wins, the other is told where it ends', async () => {
  const { post, recordsOf } = await bench();
  const at = (await post(text, 'a')).headers['Stream-Next-Offset'] ?? '';
  const outcomes = await Promise.all(['b', 'c'].map((body) => post({ ...text, 'Stream-Expected-Offset': at }, body)));
  assert.deepEqual(outcomes.map(seen), [{ status: 204 }, { status: 409, code: 'offsetConflict' }]);
  assert.deepEqual(outcomes.map(tailOf), [2, 2]);
  assert.equal((await post({ ...text, 'Stream-Expected-Offset': '-1' }, 'd')).error?.code, 'offsetConflict');
  assert.deepEqual(await recordsOf(), ['a', 'b']);
});

test('stream door: Stream-Expected-Offset: of no stream, of another one, or malformed: refused, nothing stored [H7]', async () => {
  const { post, broker, infoOf } = await bench();
  const foreign = await create(broker, streamRequest('other'));
  const token = foreign.headers['Stream-Next-Offset'] ?? '';
  for (const bad of [token, 'now', '', '0', '9007199254740992']) {
    await assert.rejects(post({ ...text, 'Stream-Expected-Offset': bad }, 'x'), { code: 'badRequest' }, bad);
  }
  await assert.rejects(post({ ...text, 'Stream-Expected-Offset': '-1' }, 'x', 'missing'), { code: 'notFound' });
  assert.equal((await infoOf()).tail, 0);
});

test('stream door: Stream-Expected-Offset: the stream is made anew meanwhile: refused, though the offset fits', async () => {
  const { post, store, infoOf } = await bench();
  const posted = post({ ...text, 'Stream-Expected-Offset': '-1' }, 'x');
  const remade = [store.log.delete('s'), store.log.create('s', { contentType: 'text/plain' })];
  await assert.rejects(posted, { code: 'incarnationMismatch' });
  await Promise.all(remade);
  assert.equal((await infoOf()).tail, 0);
});

test('stream door: Idempotency-Key: the same key is stored once and acknowledged again, for a day [P2]', async () => {
  const { post, recordsOf, virtual, limits } = await bench();
  const first = await post({ ...text, 'Idempotency-Key': '"k-1"' }, 'a');
  const again = await post({ ...text, 'Idempotency-Key': 'k-1' }, 'a');
  assert.deepEqual([seen(first), seen(again)], [{ status: 204 }, { status: 204 }]);
  assert.equal(tailOf(again), 1);
  await post({ ...text, 'Idempotency-Key': 'k-2' }, 'b');
  assert.deepEqual(await recordsOf(), ['a', 'b']);
  await virtual.advance(limits.idempotencyKeyMs + 60_000);
  await post({ ...text, 'Idempotency-Key': 'k-1' }, 'a');
  assert.deepEqual(await recordsOf(), ['a', 'b', 'a']);
  await assert.rejects(post({ ...text, 'Idempotency-Key': '' }, 'x'), { code: 'badRequest' });
});

test('stream door: Idempotency-Key: closing with the last record may be repeated too', async () => {
  const { post, recordsOf } = await bench();
  const headers = { ...text, ...closing, 'Idempotency-Key': 'k' };
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.deepEqual(seen(await post(headers, 'final')), { status: 204, 'Stream-Closed': 'true' });
  }
  assert.deepEqual(await recordsOf(), ['final']);
});

test('stream door: Idempotency-Key: another request with a key that was used is told so, not acknowledged [P1]', async () => {
  const { post, recordsOf, infoOf } = await bench('application/json');
  const keyed = { ...json, 'Idempotency-Key': 'k' };
  await post(json, '0');
  await post(keyed, '[1,23]');
  await post(json, '4');
  for (const [headers, body] of [
    [keyed, '2'],
    [keyed, '[12,3]'],
    [keyed, '[1,23,4]'],
    [{ ...keyed, ...closing }, '[1,23]'],
    [{ ...keyed, ...closing }, ''],
  ] as const) {
    await assert.rejects(post(headers, body), { code: 'keyReused' }, body);
  }
  assert.equal((await infoOf()).closed, false);
  assert.deepEqual(seen(await post(keyed, ' [ 1, 23 ] ')), { status: 204 });
  const end = { ...closing, 'Idempotency-Key': 'end' };
  for (let attempt = 0; attempt < 2; attempt++) assert.equal((await post(end)).status, 204);
  await assert.rejects(post({ ...json, ...end }, '5'), { code: 'keyReused' });
  assert.deepEqual(await recordsOf(), ['0', '1', '23', '4']);
});

test('stream door: Idempotency-Key: a retry whose record is not kept any more is acknowledged', async () => {
  const { post, store } = await bench();
  for (const body of ['a', 'b']) await post({ ...text, 'Idempotency-Key': body }, body);
  await store.log.trim('s', 1);
  assert.deepEqual(seen(await post({ ...text, 'Idempotency-Key': 'a' }, 'a')), { status: 204 });
});

test('stream door: Idempotency-Key: beside the numbers of a producer: refused, for it may be known by one of them only', async () => {
  const { post, recordsOf } = await bench();
  const keyed = { ...text, 'Idempotency-Key': '"k"' };
  await assert.rejects(post({ ...keyed, ...numbered(0) }, 'x'), { code: 'badRequest' });
  assert.deepEqual(await recordsOf(), []);
});

test('stream door: Stream-Receipt: the store knows it as its own [P1] [P5]', async () => {
  const { post, store } = await bench();
  const answers = [await post(text, 'a'), await post({ ...text, 'Idempotency-Key': 'k' }, 'b')];
  answers.push(await post({ ...text, 'Idempotency-Key': 'k' }, 'b'));
  for (const { headers } of answers) {
    const receipt = new Map(
      headers['Stream-Receipt']?.split(', ').map((field) => {
        const [name = '', value = ''] = field.split('=', 2);
        return [name, value.replaceAll('"', '')];
      }),
    );
    const proof = {
      storeId: receipt.get('store') ?? '',
      stream: 's',
      incarnation: receipt.get('incarnation') ?? '',
      offset: Number(receipt.get('offset')),
      checksum: Number.parseInt(receipt.get('checksum') ?? '', 16),
      durability: receipt.get('durability') as Proof['durability'],
      mac: receipt.get('mac') ?? '',
    };
    assert.equal(await store.log.witness(proof), 'consistent');
    assert.equal(await store.log.witness({ ...proof, offset: proof.offset + 1 }), 'wrongStore');
  }
});

test('stream door: POST while the server stops: refused, nothing stored', async () => {
  const { post, broker, infoOf } = await bench();
  void broker.stop();
  await assert.rejects(post(text, 'x'), { code: 'stopping' });
  assert.equal((await infoOf()).tail, 0);
});
