import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './address.ts';
import { checkTarget } from './check_target.ts';

for (const [target, listen] of [
  ['127.0.0.1:80', '127.0.0.1:80'],
  ['localhost:80', 'localhost:80'],
  ['localhost:80', '0.0.0.0:80'],
  ['0.0.0.0:80', '127.0.0.1:80'],
  ['127.0.0.1:80', '[::]:80'],
  ['127.0.0.1:80', ':80'],
  ['[::1]:80', '[::1]:80'],
] as const) {
  test(`checkTarget refuses ${target} when the proxy listens on ${listen}`, async () => {
    await assert.rejects(checkTarget(parseAddress(target), parseAddress(listen)), /leads back to/);
  });
}

for (const [target, listen] of [
  ['127.0.0.1:80', '127.0.0.1:81'],
  ['[::1]:80', '127.0.0.1:80'],
  ['127.0.0.1:80', '127.0.0.2:80'],
  ['192.0.2.1:80', '0.0.0.0:80'],
  ['127.0.0.1:0', '127.0.0.1:0'],
  ['nobody.invalid:80', '127.0.0.1:80'],
] as const) {
  test(`checkTarget lets ${target} be when the proxy listens on ${listen}`, async () => {
    await checkTarget(parseAddress(target), parseAddress(listen));
  });
}
