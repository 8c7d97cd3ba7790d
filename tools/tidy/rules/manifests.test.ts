import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkManifests } from './manifests.ts';

const base = { name: 'a', version: '0.1.0', description: 'b', license: 'Apache-2.0', engines: {} };
const check = (manifest: object, document = '', home = 'server') =>
  findingsIn(checkManifests, {
    [`packages/${home}/package.json`]: JSON.stringify(manifest),
    'ARCHITECTURE.md': document,
  });

test('checkManifests misses description and licence', () => {
  assert.deepEqual(check(base), []);
  const { license: _license, description: _description, ...rest } = base;
  assert.deepEqual(check(rest), [
    'packages/server/package.json:1 has no description',
    'packages/server/package.json:1 has no license',
  ]);
});

test('checkManifests misses the reason of a dependency', () => {
  const manifest = { ...base, dependencies: { ws: '8.0.0' } };
  assert.match(check(manifest)[0] ?? '', /ws has no row/);
  assert.deepEqual(check(manifest, '| `ws` | server | WebSocket |'), []);
});

test('checkManifests finds a dependency that is not pinned', () => {
  assert.match(check({ ...base, dependencies: { ws: '^8.0.0' } }, '| `ws` |')[0] ?? '', /not pinned/);
});

test('checkManifests finds arrows that the table does not draw', () => {
  const manifest = { ...base, dependencies: { '@packetboat/client': '0.1.0' } };
  assert.match(check(manifest)[0] ?? '', /no arrow server -> client/);
  assert.deepEqual(check(manifest, '', 'agent'), []);
  assert.match(check(base, '', 'extra')[0] ?? '', /extra is not in the arrows table/);
});
