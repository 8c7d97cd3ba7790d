import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamAnswer } from './stream_request.ts';
import { streamBench, textOf } from '../../testing/stream_bench.ts';

type Bench = ReturnType<typeof streamBench>;

/** A long-poll, and what it has answered so far. */
function polling(bench: Bench, query = 'offset=now', stream = 's', options = {}) {
  const poll: { answer?: StreamAnswer; error?: unknown; waits(): boolean } = {
    waits: () => poll.answer === undefined && poll.error === undefined,
  };
  bench.get(stream, `${query}&live=long-poll`, options).then(
    (answer) => (poll.answer = answer),
    (error) => (poll.error = error),
  );
  return poll;
}

async function polledStream(overrides = {}): Promise<{ bench: Bench; token: (offset: number) => string }> {
  const bench = streamBench(overrides);
  await bench.create('s');
  const info = await bench.store.log.info('s');
  assert(typeof info === 'object');
  return { bench, token: (offset) => `${info.lineage}_${String(offset).padStart(16, '0')}` };
}

test('longPoll answers at once with what is there', async () => {
  const { bench, token } = await polledStream();
  await bench.append('s', 'one', 'two');
  const answer = await bench.get('s', 'offset=-1&live=long-poll&cursor=0');
  assert.equal(await textOf(answer), 'onetwo');
  assert.equal(answer.headers['Stream-Next-Offset'], token(2));
  assert.equal(answer.headers['Stream-Up-To-Date'], 'true');
  assert(Number(answer.headers['Stream-Cursor']) > 0);
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
});

test('longPoll waits for what comes next, and for no other stream', async () => {
  const { bench, token } = await polledStream();
  await bench.create('other');
  await bench.append('s', 'before');
  const poll = polling(bench, `offset=${token(1)}`);
  await bench.append('other', 'elsewhere');
  await bench.virtual.advance(19_000);
  assert(poll.waits());
  assert.equal(bench.broker.liveReaders.count('longPoll'), 1);
  await bench.append('s', 'news');
  await bench.settle();
  assert(poll.answer !== undefined);
  assert.equal(await textOf(poll.answer), 'news');
  assert.equal(poll.answer.headers['Stream-Next-Offset'], token(2));
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('longPoll answers 204 when nothing came in time', async () => {
  const { bench, token } = await polledStream();
  const poll = polling(bench);
  await bench.virtual.advance(19_999);
  assert(poll.waits());
  await bench.virtual.advance(1);
  assert.deepEqual(poll.answer, {
    status: 204,
    headers: {
      'Cache-Control': 'no-store',
      'Stream-Next-Offset': token(0),
      'Stream-Checksum': '00000000',
      'Stream-Up-To-Date': 'true',
      'Stream-Cursor': '0',
    },
  });
});

test('longPoll ends with the stream: closing, also with the last records, and deletion', async () => {
  const { bench, token } = await polledStream();
  const closing = polling(bench);
  await bench.settle();
  await bench.store.log.close('s');
  await bench.settle();
  assert.equal(closing.answer?.status, 204);
  assert.equal(closing.answer.headers['Stream-Closed'], 'true');
  assert.equal(closing.answer.headers['Stream-Cursor'], undefined);
  assert.equal((await bench.get('s', `offset=${token(0)}&live=long-poll`)).headers['Stream-Closed'], 'true');

  await bench.create('last');
  const ending = polling(bench, 'offset=now', 'last');
  await bench.settle();
  await bench.appendBatch('last', { records: [{ timeNs: 1n, bytes: Buffer.from('bye') }], close: true });
  await bench.settle();
  assert(ending.answer !== undefined);
  assert.equal(await textOf(ending.answer), 'bye');
  assert.equal(ending.answer.headers['Stream-Closed'], 'true');

  await bench.create('brief');
  const deleted = polling(bench, 'offset=now', 'brief');
  await bench.settle();
  await bench.store.log.delete('brief');
  await bench.settle();
  assert.equal((deleted.error as { code?: string }).code, 'gone');
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
});

test('longPoll lets go of everything when its peer leaves', async () => {
  const { bench } = await polledStream();
  const left = new AbortController();
  polling(bench, 'offset=now', 's', { signal: left.signal });
  await bench.settle();
  assert.equal(bench.broker.liveReaders.count('longPoll'), 1);
  left.abort();
  await bench.settle();
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
  assert.equal(bench.virtual.pendingTimers, 0);
});

test('longPoll ends when the server stops', async () => {
  const { bench } = await polledStream();
  const polls = Array.from({ length: 10 }, () => polling(bench));
  await bench.settle();
  void bench.broker.stop();
  await bench.settle();
  for (const { answer } of polls) assert.equal(answer?.status, 204);
  await assert.rejects(bench.get('s', 'offset=now&live=long-poll'), { code: 'stopping' });
});

test('longPoll tells a retention gap [P6]', async () => {
  const { bench, token } = await polledStream();
  await bench.append('s', 'one');
  await bench.append('s', 'two');
  await bench.store.log.trim('s', 1);
  const gone = await bench.get('s', `offset=${token(0)}&live=long-poll`);
  assert.equal(gone.status, 410);
  assert.match(gone.headers['Stream-Gap'] ?? '', /^retention;count=1;/);
  const start = await bench.get('s', 'offset=-1&live=long-poll');
  assert.equal(await textOf(start), 'two');
  assert.match(start.headers['Stream-Gap'] ?? '', /^retention;count=1;/);
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
});

test('live readers are refused offsets of other streams, and offsets that are not reached yet [H7]', async () => {
  const { bench, token } = await polledStream();
  await bench.create('other');
  await bench.append('other', 'secret');
  for (const live of ['long-poll', 'sse']) {
    await assert.rejects(bench.get('other', `offset=${token(0)}&live=${live}`), { code: 'badRequest' });
    await assert.rejects(bench.get('s', `offset=${token(1)}&live=${live}`), { code: 'badRequest' });
  }
  const { liveReaders } = bench.broker;
  assert.equal(liveReaders.count('longPoll') + liveReaders.count('sse'), 0);
});

test('longPoll: many wait for one stream: what comes is encoded once, and nothing is read [P7]', async () => {
  const { bench } = await polledStream({ liveReadersMax: 1_000, liveReadersPerClientMax: 1_000 });
  let reads = 0;
  const { log } = bench.store;
  const readStored = log.read.bind(log);
  log.read = (...args) => {
    reads += 1;
    return readStored(...args);
  };
  const polls = Array.from({ length: 500 }, () => polling(bench));
  await bench.settle();
  await bench.append('s', 'news');
  await bench.settle();
  const bodies = new Set(polls.map(({ answer }) => [...((answer?.body ?? []) as readonly Uint8Array[])][0]));
  assert.equal(bodies.size, 1);
  assert.equal(Buffer.from([...bodies][0] ?? []).toString(), 'news');
  assert.equal(reads, 0);
});

test('longPoll: too many wait: refused by name until one has left [P7] [H14]', async () => {
  const { bench } = await polledStream({ liveReadersMax: 3, liveReadersPerClientMax: 2 });
  const left = new AbortController();
  polling(bench, 'offset=now', 's', { client: 'a', signal: left.signal });
  polling(bench, 'offset=now', 's', { client: 'a' });
  await bench.settle();
  const attempt = (client: string) => bench.get('s', 'offset=now&live=long-poll', { client });
  await assert.rejects(attempt('a'), { code: 'limitReached', retryAfterMs: 5_000 });
  polling(bench, 'offset=now', 's', { client: 'b' });
  await bench.settle();
  await assert.rejects(attempt('c'), { code: 'rateLimited', retryAfterMs: 5_000 });
  await assert.rejects(bench.get('nowhere', 'offset=now&live=sse', { client: 'c' }), { code: 'rateLimited' });
  left.abort();
  await bench.settle();
  polling(bench, 'offset=now', 's', { client: 'a' });
  await bench.settle();
  assert.equal(bench.broker.liveReaders.count('longPoll'), 3);
});

test('longPoll of a stream that is not there leaves nothing behind', async () => {
  const bench = streamBench();
  await assert.rejects(bench.get('s', 'offset=now&live=long-poll'), { code: 'notFound' });
  bench.store.log.info = () => Promise.reject(new Error('unreadable'));
  await assert.rejects(bench.get('s', 'offset=now&live=long-poll'), /unreadable/);
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
});

test('longPoll misses no record that is committed while it comes and goes [P6] [F10]', async () => {
  const { bench } = await polledStream();
  const got: string[] = [];
  const readAll = async () => {
    for (let next = '-1'; got.length < 200; ) {
      const answer = await bench.get('s', `offset=${next}&live=long-poll`);
      got.push(...(await textOf(answer)).split(' ').slice(0, -1));
      next = answer.headers['Stream-Next-Offset'] ?? '';
    }
  };
  const writeAll = async () => {
    for (let index = 0; index < 200; index++) await bench.append('s', `${index} `);
  };
  await Promise.all([readAll(), writeAll()]);
  assert.deepEqual(
    got,
    Array.from({ length: 200 }, (_, index) => String(index)),
  );
});
