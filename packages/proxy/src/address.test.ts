import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, isLoopback, parseAddress } from './address.ts';

test('parseAddress reads what formatAddress writes', () => {
  for (const text of ['127.0.0.1:26379', '[::1]:80', 'harbour.example:8000', 'localhost:0']) {
    assert.equal(formatAddress(parseAddress(text)), text);
  }
  assert.deepEqual(parseAddress(':80'), { host: '', port: 80 });
  for (const text of ['', '80', 'host', 'host:', 'host:65536', 'a:b:1', '[::1]', '[]:1']) {
    assert.throws(() => parseAddress(text), /is not host:port/);
  }
});

test('isLoopback knows this machine', () => {
  for (const host of ['localhost', '::1', '127.0.0.1', '127.1.2.3']) assert.ok(isLoopback(host), host);
  for (const host of ['', '0.0.0.0', '::', '127.example', '10.0.0.1']) assert.ok(!isLoopback(host), host);
});
