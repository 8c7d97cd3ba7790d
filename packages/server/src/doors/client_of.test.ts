import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf } from './client_of.ts';

for (const [address, client] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8::6', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
] as const) {
  test(`clientOf ${address || 'nothing'} is ${client || 'nothing'}`, () => assert.equal(clientOf(address), client));
}

test('clientOf is the same for all addresses of a /64, and another for its neighbour', () => {
  assert.equal(clientOf('2001:db8::1'), clientOf('2001:db8::ffff:ffff:ffff:ffff'));
  assert.notEqual(clientOf('2001:db8::1'), clientOf('2001:db8:0:1::1'));
});
