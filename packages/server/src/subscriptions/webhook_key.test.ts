import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { testBroker } from '../testing/test_broker.ts';
import { WebhookKey } from './webhook_key.ts';

test('WebhookKey makes of a seed the key and the id that RFC 8037 makes of it', () => {
  const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url');
  assert.deepEqual(new WebhookKey(seed).publicJwk, {
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    kid: 'ds_kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    use: 'sig',
    alg: 'EdDSA',
  });
});

test('WebhookKey.sign signs the time in seconds, a dot and the body, for whoever has the public key', () => {
  const key = new WebhookKey(new Uint8Array(32).fill(7));
  const header = key.sign('{"a":1}', 1_700_000_000_999_999_999n);
  const [, time, kid, signature = ''] = /^t=(\d+),kid=([^,]+),ed25519=([\w-]+)$/.exec(header) ?? [];
  assert.deepEqual([time, kid], ['1700000000', key.publicJwk.kid]);
  const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' });
  const signed = (text: string) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64url'));
  assert.equal(signed('1700000000.{"a":1}'), true);
  assert.equal(signed('1700000001.{"a":1}'), false);
  assert.equal(signed('1700000000.{"a":2}'), false);
});

test('WebhookKey.open makes one key for a store, however many ask at once', async () => {
  const { store, virtual } = testBroker();
  const keys = await Promise.all([1, 2, 3].map(() => WebhookKey.open(store.map, virtual.world)));
  const later = await WebhookKey.open(store.map, virtual.world);
  assert.equal(new Set([...keys, later].map(({ publicJwk }) => publicJwk.kid)).size, 1);
});
