import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Case, Step } from './case.ts';
import { checkServer, type Verdict } from './check_server.ts';
import { tellVerdict } from './tell_verdict.ts';

const made = (name: string, ...steps: readonly Step[]): Case => ({ name, clause: '1', why: 'It must be so.', steps });

/** What the suite makes of a server that does this on every connection. */
async function verdictsOn(server: (socket: WebSocket) => void, ...cases: readonly Case[]): Promise<Verdict[]> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  sockets.on('connection', server);
  await new Promise((resolve) => sockets.once('listening', resolve));
  const { port } = sockets.address() as AddressInfo;
  try {
    return await checkServer({ url: `http://127.0.0.1:${port}`, world: nodeWorld, cases, patienceMs: 50 });
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  }
}

const refuses = (socket: WebSocket) => socket.send('{"type":"refused","code":"busy","message":"later"}');

test('checkServer passes a case whose every step is as expected', async () => {
  const good = made('good', { connect: {} }, { expect: { type: 'refused', code: 'busy' } });
  const [verdict] = await verdictsOn(refuses, good);
  assert.deepEqual(verdict, { case: good });
  assert.equal(verdict && tellVerdict(verdict), 'ok      good');
});

test('checkServer tells the step that failed, what was expected and what was seen', async () => {
  const [verdict] = await verdictsOn(refuses, made('bad', { connect: {} }, { expect: { type: 'welcome' } }));
  assert.equal(verdict?.failure?.step, 1);
  const text = verdict === undefined ? '' : tellVerdict(verdict);
  assert.match(
    text,
    /^FAILED {2}bad\n.*section 1: It must be so\.\n.*step 2 of 2.*\n.*expected {2}\{"type":"welcome"\}\n.*seen {6}\{"type":"refused"/,
  );
});

test('checkServer finds silence, an early end, and a message that the document does not have', async () => {
  const expects = made('expects', { connect: {} }, { expect: { type: 'welcome' } });
  const seenOn = async (server: (socket: WebSocket) => void) =>
    (await verdictsOn(server, expects))[0]?.failure?.seen ?? '';
  assert.equal(await seenOn(() => {}), 'nothing');
  assert.equal(await seenOn((socket) => socket.close(4_000)), 'the WebSocket closed with 4000');
  assert.match(await seenOn((socket) => socket.send('{"type":"welcome","secret":1}')), /does not allow.*secret/);
});

test('checkServer finds that nobody listens', async () => {
  const cases = [made('any', { greet: {} })];
  const [verdict] = await checkServer({ url: 'http://127.0.0.1:1', world: nodeWorld, cases, patienceMs: 50 });
  assert.match(verdict?.failure?.seen ?? '', /no connection/);
});

test('checkServer finds heartbeats of a server that was not silent', async () => {
  const quiet = made('quiet', { connect: {} }, { expect: { type: 'refused' } });
  const seenWith = async (beats: number) => {
    const [verdict] = await verdictsOn((socket) => {
      for (let beat = 0; beat < beats; beat++) socket.send('{"type":"heartbeat"}');
      refuses(socket);
    }, quiet);
    return verdict?.failure?.seen;
  };
  assert.equal(await seenWith(1), undefined);
  assert.equal(await seenWith(2), 'a heartbeat too many');
});
