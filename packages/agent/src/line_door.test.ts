import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { openLineDoor } from './line_door.ts';

const lines = ['paul 2.0 64.1 1612091235112730001', 'paul 4.0 64.1 1612091236112730002'];
const never = new AbortController().signal;

function door(answer: (request: { body: string; signal: AbortSignal }) => Response | Promise<Response>) {
  const virtual = new VirtualWorld();
  const request: typeof fetch = async (url, init) => {
    assert.deepEqual(url, new URL('http://127.0.0.1:8000/'));
    assert.equal(init?.method, 'POST');
    assert.ok(typeof init?.body === 'string');
    return answer({ body: init.body, signal: init.signal ?? never });
  };
  const opened = openLineDoor({ url: 'http://127.0.0.1:8000', timers: virtual.world.timers, fetch: request });
  return { virtual, door: opened };
}

function refused(status: number, body = ''): Promise<unknown> {
  return door(() => new Response(body, { status })).door.post(lines, never);
}

test('openLineDoor posts lines and reads an answer for each', async () => {
  let sent = '';
  const acks = 'ACK 1612091235112730001\nACK 1612091236112730002\n';
  const { door: open, virtual } = door(({ body }) => {
    sent = body;
    return new Response(acks);
  });
  assert.deepEqual(await open.post(lines, never), [{ kind: 'ack' }, { kind: 'ack' }]);
  assert.equal(sent, `${lines.join('\n')}\n`);
  assert.equal(virtual.pendingTimers, 0);

  const partly = door(() => new Response('ACK 1612091235112730001\nNAK 2 badName\n', { status: 422 }));
  assert.deepEqual(await partly.door.post(lines, never), [{ kind: 'ack' }, { kind: 'nak', code: 'badName' }]);
});

test('openLineDoor takes nothing for a receipt that is none: a login page, too few or many answers, another line’s ACK', async () => {
  for (const body of [
    '<html>Welcome to our Wi-Fi\nPlease log in',
    'ACK 1612091235112730001\n',
    'ACK 1612091235112730001\nACK 1612091236112730002\nACK 1612091236112730002\n',
    'ACK 1612091236112730002\nACK 1612091235112730001\n',
    'ACK 1612091235112730001\nNAK 1 badLine\n',
    'ACK 1612091235112730001\nNAK 2 whatever\n',
  ]) {
    await assert.rejects(door(() => new Response(body)).door.post(lines, never), { code: 'unreachable' }, body);
  }
});

test('openLineDoor tells refusals that may pass from those that may not (S0.24, A0.8)', async () => {
  await assert.rejects(refused(500), { code: 'unreachable' });
  await assert.rejects(refused(429), { code: 'unreachable' });
  await assert.rejects(refused(404), { code: 'badRequest' });
  await assert.rejects(refused(507, '{"code":"diskFull"}'), { code: 'diskFull' });
  await assert.rejects(refused(403, '{"code":"forbidden"}'), { code: 'forbidden' });
});

test('openLineDoor gives a silent server up after its timeout (A0.8, C0.2)', async () => {
  const { door: open, virtual } = door(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  const posting = assert.rejects(open.post(lines, never), /no answer within 30000 ms/);
  await virtual.advance(30_000);
  await posting;
});
