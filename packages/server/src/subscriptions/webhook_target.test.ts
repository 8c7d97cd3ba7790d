import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressKind, addressKind, pinAddresses, type WebhookTarget, webhookTarget } from './webhook_target.ts';

const everything = { public: true, loopback: true };

const addresses: Readonly<Record<AddressKind, readonly string[]>> = {
  public: ['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '100.63.0.1', '2606:4700::1111', '2a00::1'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  other: [
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'fe80::1%eth0',
    'localhost',
    '',
    '1.2.3',
  ],
};
for (const [kind, list] of Object.entries(addresses)) {
  test(`addressKind tells that ${list.length} addresses are ${kind}`, () => {
    for (const address of list) assert.equal(addressKind(address), kind, address);
  });
}

const accepted: readonly (readonly [url: string, kind: 'public' | 'loopback', host: string])[] = [
  ['https://hooks.example.com/a?b=c', 'public', 'hooks.example.com'],
  ['https://8.8.8.8:8443/', 'public', '8.8.8.8'],
  ['https://[2606:4700::1111]/', 'public', '2606:4700::1111'],
  ['http://127.0.0.1:9000/hook', 'loopback', '127.0.0.1'],
  ['http://localhost:9000/hook', 'loopback', 'localhost'],
  ['http://LOCALHOST/', 'loopback', 'localhost'],
  ['https://[::1]:1/', 'loopback', '::1'],
  // Other ways to write 127.0.0.1.
  ['http://2130706433/', 'loopback', '127.0.0.1'],
  ['http://0x7f.1/', 'loopback', '127.0.0.1'],
  ['http://017700000001/', 'loopback', '127.0.0.1'],
];
for (const [url, kind, host] of accepted) {
  test(`webhookTarget takes ${url} as ${kind}`, () => {
    const target = webhookTarget(url, everything);
    assert(typeof target === 'object');
    assert.deepEqual({ kind: target.kind, host: target.host }, { kind, host });
  });
}

const rejected = [
  '',
  'nonsense',
  '//example.com/',
  'file:///etc/passwd',
  'ftp://example.com/',
  'gopher://127.0.0.1:1/',
  'data:,x',
  'http://example.com/',
  'http://8.8.8.8/',
  'http://10.0.0.1/hook',
  'https://10.0.0.1/',
  'https://169.254.169.254/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[fe80::1]/',
  'https://user@example.com/',
  'https://user:pass@example.com/',
  'http://:pass@127.0.0.1/',
  'https://0/',
  'https://0xa.0.0.1/',
  'https://167772161/',
  'ws://127.0.0.1/',
  `https://example.com/${'a'.repeat(2_048)}`,
];
for (const url of rejected) {
  test(`webhookTarget rejects ${url.slice(0, 60)}`, () => {
    assert.equal(typeof webhookTarget(url, everything), 'string');
  });
}

test('webhookTarget calls nothing unless it is told to', () => {
  for (const url of ['https://example.com/', 'http://127.0.0.1/', 'http://localhost/', 'https://localhost/']) {
    assert.equal(typeof webhookTarget(url, {}), 'string', url);
  }
  assert.equal(typeof webhookTarget('http://127.0.0.1/', { public: true }), 'string');
  assert.equal(typeof webhookTarget('https://localhost/', { public: true }), 'string');
  assert.equal(typeof webhookTarget('https://example.com/', { loopback: true }), 'string');
});

test('webhookTarget keeps to the hosts that are listed', () => {
  const options = { public: true, hosts: ['Hooks.example.com'] };
  assert.equal(typeof webhookTarget('https://hooks.example.com/', options), 'object');
  assert.equal(typeof webhookTarget('https://xhooks.example.com/', options), 'string');
  assert.equal(typeof webhookTarget('https://8.8.8.8/', options), 'string');
});

const target = (url: string): WebhookTarget => {
  const found = webhookTarget(url, everything);
  assert(typeof found === 'object');
  return found;
};

const nobody = () => assert.fail('asked');

test('pinAddresses gives what the name leads to, asked once', async () => {
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return ['8.8.8.8', '2606:4700::1111'];
  };
  assert.deepEqual(await pinAddresses(target('https://example.com/'), resolve), ['8.8.8.8', '2606:4700::1111']);
  assert.equal(asked, 1);
});

test('pinAddresses asks nobody for an address, nor for localhost', async () => {
  assert.deepEqual(await pinAddresses(target('https://8.8.8.8/'), nobody), ['8.8.8.8']);
  assert.deepEqual(await pinAddresses(target('http://localhost/'), nobody), ['127.0.0.1', '::1']);
});

for (const [what, led] of Object.entries({
  nowhere: [],
  'to loopback': ['127.0.0.1'],
  'to a private address beside a public one': ['8.8.8.8', '192.168.0.1'],
  'to mapped loopback': ['::ffff:127.0.0.1'],
  'to no address at all': ['evil'],
})) {
  test(`pinAddresses refuses a public name that leads ${what}`, async () => {
    await assert.rejects(pinAddresses(target('https://example.com/'), async () => led));
  });
}
