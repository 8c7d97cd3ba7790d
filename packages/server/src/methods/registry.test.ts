import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatch, PacketboatError } from '@packetboat/core';
import fc from 'fast-check';
import { testBroker } from '../testing/test_broker.ts';
import { methods, runMethod } from './registry.ts';

test('methods have names, routes and parameters that fit one another', () => {
  const routes = new Set<string>();
  for (const [name, { route, params, summary, description }] of methods) {
    assert.match(name, /^[a-z]+\.[a-zA-Z]+$/);
    assert.match(summary, /^\p{Lu}.*[^.]$/u, name);
    assert.match(description, /^[`\p{Lu}].*\.$/u, name);
    const inPath = Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, parameter = '']) => parameter);
    for (const parameter of inPath) assert.ok(Object.hasOwn(params.shape, parameter), `${name}: ${parameter}`);
    assert.ok(!routes.has(`${route.verb} ${route.path}`), `${name}: another method has its route`);
    routes.add(`${route.verb} ${route.path}`);
  }
});

/** Parameters that every method takes, on a stream with a record and a cursor. */
const sample: Readonly<Record<string, object>> = {
  'streams.list': {},
  'streams.info': { stream: 's' },
  'streams.create': { stream: 's', contentType: 'text/plain', ttlMs: 5_000 },
  'streams.close': { stream: 's' },
  'streams.trim': { stream: 's', before: 0 },
  'streams.acceptLoss': { stream: 's' },
  'streams.witness': {
    stream: 's',
    storeId: 'x',
    incarnation: 'i',
    offset: 1,
    checksum: 2,
    durability: 'disk',
    mac: 'm',
  },
  'cursors.list': { stream: 's' },
  'cursors.get': { stream: 's', cursor: 'c' },
  'cursors.move': { stream: 's', cursor: 'c', offset: 0 },
  'cursors.delete': { stream: 's', cursor: 'c' },
  'store.health': {},
  'streams.delete': { stream: 's' },
};

async function withStream() {
  const bench = testBroker();
  await runMethod(bench.broker, 'streams.create', { stream: 's', bytesMax: 5_000 });
  await runMethod(bench.broker, 'cursors.move', { stream: 's', cursor: 'c', offset: 0 });
  return bench;
}

test('methods answer what their result schema says, as JSON too', async () => {
  const { broker } = await withStream();
  assert.deepEqual(Object.keys(sample).toSorted(), [...methods.keys()].toSorted());
  for (const [name, params] of Object.entries(sample)) {
    const result = await runMethod(broker, name, params);
    const strict = methods.get(name)?.result.strict();
    assert.deepEqual(strict?.parse(JSON.parse(JSON.stringify(result))), JSON.parse(JSON.stringify(result)), name);
  }
});

test('methods refuse unknown fields, and name what is wrong', async () => {
  const { broker } = await withStream();
  for (const [name, params] of Object.entries(sample)) {
    const wrong = (given: unknown, why: RegExp) =>
      assert.rejects(runMethod(broker, name, given), (error: unknown) => {
        assert.ok(error instanceof PacketboatError);
        assert.equal(error.code, 'badRequest', name);
        assert.match(error.message, why);
        assert.ok(error.message.startsWith(`${name}: `));
        return true;
      });
    await wrong({ ...params, admin: true }, /Unknown field "admin"/);
    await wrong(JSON.parse('{"__proto__":{"admin":true}}'), /Unknown field "__proto__"|expected/);
    for (const field of Object.keys(params)) await wrong({ ...params, [field]: [] }, new RegExp(`#/${field} `));
    for (const none of [undefined, null, 5, 'x', []]) await wrong(none, /# /);
  }
});

test('methods refuse names that no stream can have, and change nothing of the server’s own', async () => {
  const { broker } = await withStream();
  for (const [name, params] of Object.entries(sample)) {
    if (!('stream' in params)) continue;
    for (const stream of ['a/../b', '.', 'a\u0000', 'a//b', 'x'.repeat(1_000)]) {
      await assert.rejects(runMethod(broker, name, { ...params, stream }), { code: 'badName' }, name);
    }
    if (methods.get(name)?.route.verb === 'GET') continue;
    await assert.rejects(runMethod(broker, name, { ...params, stream: '__ds/subscriptions/x' }), { code: 'badName' });
  }
  const fork = { stream: 'f', fork: { stream: '__ds/subscriptions/x' } };
  await assert.rejects(runMethod(broker, 'streams.create', fork), { code: 'badName' });
});

test('methods answer or refuse by name, whatever they are given, and the stream outlives it', async () => {
  const { broker } = await withStream();
  const names = [...methods.keys()].filter((name) => name !== 'streams.delete');
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('s', 'c', '__proto__', 2 ** 53, -1, Infinity, '\ud800', '\u0000'),
  );
  const fieldNames = [...new Set([...methods.values()].flatMap(({ params }) => Object.keys(params.shape)))];
  const params = fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), fc.string()), value, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.oneof(params, value), async (name, given) => {
      await runMethod(broker, name, given).catch((error: unknown) => {
        assert.ok(error instanceof PacketboatError, String(error));
        assert.notEqual(error.code, 'internal', error.message);
        assert.ok(error.message.length < 2_000);
      });
    }),
    { numRuns: 2_000 },
  );
  assert.equal(((await runMethod(broker, 'streams.info', { stream: 's' })) as { stream: string }).stream, 's');
});

test('streams.list tells how to go on, in the order of names', async () => {
  const { broker } = testBroker();
  for (const stream of ['b', 'a/2', 'a/1', 'c']) await runMethod(broker, 'streams.create', { stream });
  const list = async (params: object) => {
    const { streams, next } = (await runMethod(broker, 'streams.list', params)) as {
      streams: { stream: string }[];
      next?: string;
    };
    return [streams.map(({ stream }) => stream), next];
  };
  assert.deepEqual(await list({ limit: 3 }), [['a/1', 'a/2', 'b'], 'b']);
  assert.deepEqual(await list({ limit: 3, after: 'b' }), [['c'], undefined]);
  assert.deepEqual(await list({ limit: 4 }), [['a/1', 'a/2', 'b', 'c'], undefined]);
  assert.deepEqual(await list({ prefix: 'a/' }), [['a/1', 'a/2'], undefined]);
});

test('cursors.move: never back, never past the tail, never in another incarnation [I5]', async () => {
  const { broker, sealed, store } = testBroker();
  const move = (params: object) => runMethod(broker, 'cursors.move', { stream: 's', cursor: 'c', ...params });
  await assert.rejects(move({ offset: 0 }), { code: 'notFound' });
  const batch = openBatch(sealed(0), 0, broker.world.crc32, broker.limits);
  await store.log.append({ stream: 's', batch, create: {} });
  assert.equal(((await move({ offset: 1 })) as { offset: number }).offset, 1);
  await assert.rejects(move({ offset: 2 }), { code: 'cursorAhead' });
  await assert.rejects(move({ offset: 0 }), { code: 'cursorRegressed' });
  await assert.rejects(move({ offset: 1, incarnation: 'other' }), { code: 'incarnationMismatch' });
  const listed = (await runMethod(broker, 'cursors.list', { stream: 's' })) as { cursors: { cursor: string }[] };
  assert.deepEqual(
    listed.cursors.map(({ cursor }) => cursor),
    ['c'],
  );
});

test('streams.witness: a receipt of this store is consistent, a changed one proves nothing [F15]', async () => {
  const { broker, sealed } = testBroker();
  const batch = openBatch(sealed(0), 0, broker.world.crc32, broker.limits);
  const outcome = await broker.append({ stream: 's', batch, create: {} });
  assert(outcome.kind === 'appended');
  const { proof } = outcome;
  assert.deepEqual(await runMethod(broker, 'streams.witness', proof), { verdict: 'consistent' });
  const forged = { ...proof, offset: 7 };
  assert.deepEqual(await runMethod(broker, 'streams.witness', forged), { verdict: 'wrongStore' });
});
