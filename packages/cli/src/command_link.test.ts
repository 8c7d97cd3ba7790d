import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proxy } from '@packetboat/proxy';
import { commandLink } from './command_link.ts';

function fakeProxy(): { proxy: Proxy; done: unknown[] } {
  const done: unknown[] = [];
  const proxy = {
    add: (...what: unknown[]) => done.push(what),
    clear: async () => done.push('clear'),
  };
  return { proxy: proxy as unknown as Proxy, done };
}

test('commandLink turns what is typed into faults', async () => {
  const { proxy, done } = fakeProxy();
  await commandLink(proxy, 'cut');
  await commandLink(proxy, '  delay 200 up ');
  await commandLink(proxy, 'bandwidth 8000');
  await commandLink(proxy, 'drop down');
  await commandLink(proxy, 'clear');
  assert.deepEqual(done, [
    [{ fault: 'cut' }, {}],
    [{ fault: 'delay', latencyMs: 200 }, { direction: 'up' }],
    [{ fault: 'bandwidth', bytesPerSecond: 8_000 }, {}],
    [{ fault: 'drop' }, { direction: 'down' }],
    'clear',
  ]);
});

test('commandLink says what it does not understand', async () => {
  const { proxy } = fakeProxy();
  await assert.rejects(commandLink(proxy, 'explode'), /explode/);
  await assert.rejects(commandLink(proxy, 'delay'), /latencyMs/);
  assert.match(await commandLink(proxy, 'help'), /blackhole/);
});
