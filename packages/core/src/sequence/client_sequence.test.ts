import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../crc32.ts';
import { ClientSequence, type SequenceMessage, type SequenceNumber } from './client_sequence.ts';
import { ServerSequence } from './server_sequence.ts';

const wish = { n: 12, tickMs: 10, algorithm: 'crc-32' } as const;
const plan = { ...wish, seed: '17'.repeat(16) };
const begun = (index: number) => ({ type: 'sequenceBegun', index, n: 12, tickMs: 10, algorithm: 'crc-32' }) as const;

test('ClientSequence: with a server, cut anywhere any number of times: the numbers once and in order, sums equal [S2.1] [S2.8] [A2.4]', () => {
  // How many of the server's messages each connection lets through; the last one lets all through.
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 6 }), { maxLength: 30 }), fc.boolean(), (cuts, restarts) => {
      const client = new ClientSequence(wish, crc32);
      let server = new ServerSequence(plan, crc32);
      const got: SequenceNumber[] = [];
      let nowMs = 0;
      for (const cut of [...cuts, Infinity]) {
        if (restarts) server = new ServerSequence(plan, crc32);
        const said = client.say();
        if (said.type === 'sum') break;
        assert.equal(said.type, 'sequence');
        const index = said.type === 'sequence' ? said.index : 0;
        server.begin(index, nowMs);
        const hear = (message: SequenceMessage) => {
          const number = client.heard(message as Exclude<SequenceMessage, { type: 'sequenceRefused' }>);
          if (number !== undefined) got.push(number);
        };
        if (cut > 0) hear(begun(index));
        for (let heard = 1; heard < cut && server.dueMs !== undefined; ) {
          nowMs = server.dueMs;
          const message = server.step(nowMs);
          if (message === undefined) continue;
          hear(message as SequenceMessage);
          heard += 1;
        }
      }
      assert.deepEqual(
        got.map(({ index }) => index),
        Array.from({ length: 12 }, (_, index) => index),
      );
      assert.equal(client.result?.equal, true);
      assert.equal(client.result.local, client.result.server);
    }),
  );
});

test('ClientSequence: a number that was changed on its way: the sums differ', () => {
  const client = new ClientSequence({ ...wish, n: 1 }, crc32);
  client.say();
  client.heard({ ...begun(0), n: 1 });
  client.heard({ type: 'number', index: 0, value: 5 });
  client.heard({ type: 'sum', count: 1, checksum: 'c0ffee00' });
  assert.equal(client.result?.equal, false);
  assert.deepEqual(client.say(), { type: 'sum', checksum: client.result.local });
});

test('ClientSequence: values may repeat: where it is, it knows by index [A2.6]', () => {
  const client = new ClientSequence(wish, crc32);
  client.say();
  client.heard(begun(0));
  for (let index = 0; index < 3; index++) client.heard({ type: 'number', index, value: 7 });
  assert.deepEqual(client.say(), { type: 'sequence', index: 3, n: 12, tickMs: 10, algorithm: 'crc-32' });
});

test('ClientSequence: numbers of an earlier life count', () => {
  const client = new ClientSequence(wish, crc32);
  client.remember(1);
  client.remember(2);
  assert.equal(client.next, 2);
  const said = client.say();
  assert.equal(said.type === 'sequence' && said.index, 2);
});

test('ClientSequence: what comes before the answer, or during a pause, is of an earlier question', () => {
  const client = new ClientSequence(wish, crc32);
  client.say();
  assert.equal(client.heard({ type: 'number', index: 5, value: 1 }), undefined);
  assert.equal(client.heard({ type: 'sum', count: 3, checksum: 'x' }), undefined);
  client.heard(begun(0));
  assert.deepEqual(client.heard({ type: 'number', index: 0, value: 9 }), { index: 0, value: 9 });
  client.pause();
  assert.equal(client.heard({ type: 'number', index: 1, value: 9 }), undefined);
  assert.equal(client.next, 1);
  client.say();
  client.heard(begun(1));
  client.say();
  assert.equal(client.heard({ type: 'number', index: 1, value: 9 }), undefined, 'it has asked anew');
});

for (const [name, messages] of [
  ['a number is left out', [begun(0), { type: 'number', index: 1, value: 1 }]],
  ['a number is more than a uint32', [begun(0), { type: 'number', index: 0, value: 2 ** 32 }]],
  ['it begins elsewhere', [begun(3)]],
  ['it begins another length', [{ ...begun(0), n: 13 }]],
  ['it sums otherwise', [{ ...begun(0), algorithm: 'md5' }]],
  ['the sum comes early', [begun(0), { type: 'sum', count: 12, checksum: '' }]],
  ['it ends what goes on', [begun(0), { type: 'sequenceEnded' }]],
] satisfies [string, Exclude<SequenceMessage, { type: 'sequenceRefused' }>[]][]) {
  test(`ClientSequence: a server that breaks the protocol: ${name}: badFrame`, () => {
    const client = new ClientSequence(wish, crc32);
    client.say();
    assert.throws(() => messages.forEach((message) => client.heard(message)), { code: 'badFrame' });
  });
}

test('ClientSequence: given up: the server is told, and may forget it', () => {
  const client = new ClientSequence(wish, crc32);
  client.say();
  client.heard(begun(0));
  client.abandon();
  assert.deepEqual(client.say(), { type: 'sum' });
  client.heard({ type: 'sequenceEnded' });
  assert.equal(client.ended, true);
});
