import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppliedFault, Fault, FaultPlace, Proxy } from '@packetboat/proxy';
import { commandLink, describeFault } from './command_link.ts';

function fakeProxy(): { proxy: Proxy; done: unknown[] } {
  const done: unknown[] = [];
  const faults: AppliedFault[] = [];
  const proxy = {
    faults,
    add(fault: Fault, place: FaultPlace) {
      done.push([fault, place]);
      faults.push({ name: `${fault.fault}_1`, fault, ...place });
      return faults.at(-1);
    },
    remove: async ({ name }: AppliedFault) => done.push(`remove ${name}`),
    clear: async () => done.push('clear'),
  };
  return { proxy: proxy as unknown as Proxy, done };
}

test('commandLink turns what is typed into faults', async () => {
  const { proxy, done } = fakeProxy();
  const lines = ['cut', 'cut FIN', '  latency 200 up ', 'latency 200 50', 'bandwidth 8000', 'drop down'];
  for (const line of [...lines, 'limit_data 10 reset up', 'half_open server', 'clear']) await commandLink(proxy, line);
  assert.deepEqual(done, [
    [{ fault: 'cut' }, {}],
    [{ fault: 'cut', how: 'fin' }, {}],
    [{ fault: 'latency', latencyMs: 200 }, { direction: 'up' }],
    [{ fault: 'latency', latencyMs: 200, jitterMs: 50 }, {}],
    [{ fault: 'bandwidth', bytesPerSecond: 8_000 }, {}],
    [{ fault: 'drop' }, { direction: 'down' }],
    [{ fault: 'limit_data', bytes: 10, how: 'reset' }, { direction: 'up' }],
    [{ fault: 'half_open', gone: 'server' }, {}],
    'clear',
  ]);
});

test('commandLink lists faults and removes one', async () => {
  const { proxy, done } = fakeProxy();
  assert.equal(await commandLink(proxy, 'list'), 'The link is whole.');
  await commandLink(proxy, 'timeout down');
  assert.equal(await commandLink(proxy, 'list'), 'timeout_1: timeout, down only');
  assert.equal(await commandLink(proxy, 'remove timeout_1'), 'timeout_1 is over.');
  assert.deepEqual(done.at(-1), 'remove timeout_1');
});

test('commandLink says what it does not understand', async () => {
  const { proxy, done } = fakeProxy();
  await assert.rejects(commandLink(proxy, 'explode now'), /no fault "explode"/);
  await assert.rejects(commandLink(proxy, 'latency'), /latencyMs of latency is missing/);
  await assert.rejects(commandLink(proxy, 'latency fast'), /latency does not know "fast"/);
  await assert.rejects(commandLink(proxy, 'latency 1 2 3'), /latency does not know "3"/);
  await assert.rejects(commandLink(proxy, 'remove nothing'), /No fault "nothing"/);
  await assert.rejects(commandLink(proxy, '__proto__'), /no fault "__proto__"/);
  assert.match(await commandLink(proxy, 'help'), /timeout/);
  assert.deepEqual(done, []);
});

test('describeFault says everything that a fault was given', () => {
  const fault = { fault: 'latency', latencyMs: 200, jitterMs: 50 } as const;
  assert.equal(
    describeFault({ name: 'far', fault, direction: 'up', connections: { from: 2 }, toxicity: 0.25 }),
    'far: latency (latencyMs 200, jitterMs 50), up only, connections {"from":2}, on 25 % of them',
  );
  assert.equal(describeFault({ name: 'cut_1', fault: { fault: 'cut' }, toxicity: 1 }), 'cut_1: cut');
});
