import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { arrows, arrowsTable } from '../arrows_table.ts';
import { findingsIn } from '../finding.ts';
import { checkArrows } from './arrows.ts';

const check = (path: string, text: string, manifest = '{}') =>
  findingsIn(checkArrows, { [path]: text, 'packages/server/package.json': manifest, 'package.json': '{}' });

test('checkArrows lets imports follow the arrows', () => {
  assert.deepEqual(check('packages/server/src/a.ts', "import { x } from '@packetboat/core';"), []);
  assert.deepEqual(check('packages/server/src/a.ts', "import { x } from './b.ts';"), []);
  assert.deepEqual(check('packages/agent/src/a.ts', "import { x } from '@packetboat/client';"), []);
  assert.deepEqual(check('scenarios/a.ts', "import { x } from '@packetboat/server';"), []);
});

test('checkArrows finds an import against the arrows', () => {
  const expected = ['packages/server/src/a.ts:1 there is no arrow server -> engine-sqlite'];
  assert.deepEqual(check('packages/server/src/a.ts', "import { x } from '@packetboat/engine-sqlite';"), expected);
  assert.deepEqual(check('packages/server/src/a.ts', "await import('@packetboat/engine-sqlite');"), expected);
  assert.deepEqual(check('packages/server/src/a.ts', "export * from '@packetboat/engine-sqlite';"), expected);
});

test('checkArrows finds a way round the front door', () => {
  const [back] = check('packages/server/src/a.ts', "import { x } from '@packetboat/core/src/batch.ts';");
  assert.match(back ?? '', /no front door/);
  const [round] = check('packages/server/src/a.ts', "import { x } from '../../core/src/batch.ts';");
  assert.match(round ?? '', /leads out of packages\/server/);
});

test('checkArrows keeps test helpers and the real world out of the rules', () => {
  assert.match(check('packages/server/src/a.ts', "import '@packetboat/core/testing';")[0] ?? '', /tests only/);
  assert.deepEqual(check('packages/server/src/a.test.ts', "import '@packetboat/core/testing';"), []);
  assert.match(check('packages/server/src/a.ts', "import '@packetboat/core/node';")[0] ?? '', /as an argument/);
  assert.match(check('packages/client/src/a.ts', "import 'node:fs';")[0] ?? '', /browser/);
});

test('checkArrows demands that dependencies are declared', () => {
  const code = "import ws from 'ws';";
  assert.match(check('packages/server/src/a.ts', code)[0] ?? '', /ws is not among the dependencies/);
  assert.deepEqual(check('packages/server/src/a.ts', code, '{"dependencies":{"ws":"1.0.0"}}'), []);
});

test('checkArrows ignores names in comments and strings', () => {
  assert.deepEqual(
    check('packages/server/src/a.ts', "// from '@packetboat/cli'\nconst a = \"from '@packetboat/cli'\";"),
    [],
  );
});

test('arrowsTable is the table of ARCHITECTURE.md', () => {
  const document = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');
  assert.ok(document.includes(arrowsTable), 'ARCHITECTURE.md, section 4, differs from tools/tidy/arrows_table.ts');
});

test('arrows have no cycle', () => {
  const names = [...arrows.keys()];
  for (const [name, targets] of arrows) {
    for (const target of targets) assert.ok(names.indexOf(target) < names.indexOf(name), `${name} -> ${target}`);
  }
});
