import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../gate/tally.ts';
import { SourceTree } from '../source/source_tree.ts';
import { keptPromises } from './kept_promises.ts';
import { neededRows, pageFaults, promisesPage } from './page.ts';
import { planned } from './rows.ts';

const path = 'packages/core/src/a.test.ts';
const treeWith = (text: string) => new SourceTree(new Map([[path, text]]), '/somewhere');
const unplanned = neededRows.filter((row) => !planned.has(row.id)).map((row) => row.id);
const brackets = unplanned.map((id) => `[${id}]`).join(' ');

test('promisesPage names the tests that hold a row', () => {
  const page = promisesPage(treeWith("test('append: kill -9: it is there [P1] [F1] [S0.5]', f);\ntest('other', f);"));
  assert.match(page, /\| P1 \| .* \| append: kill -9: it is there \(`packages\/core\/src\/a\.test\.ts`\) \|/);
  assert.match(page, /\| F1 \| .* \| append: kill -9: it is there /);
  assert.match(page, /\| S0\.5 \| append: kill -9/);
  assert.match(page, /\| P9 \| .* \| planned: accounts \|/);
  const both = promisesPage(treeWith("test('loopback: refused [P9]', f);"));
  assert.match(both, /\| P9 \| .* \| loopback: refused .*<br>planned: accounts \|/);
});

test('pageFaults finds a row with neither test nor plan', () => {
  assert.deepEqual(pageFaults(treeWith(`test('all ${brackets}', f);`)), []);
  const missing = pageFaults(treeWith(`test('all ${brackets.replace('[F3] ', '')}', f);`));
  assert.equal(missing.length, 1);
  assert.match(missing[0] ?? '', /^F3 has neither/);
});

test('keptPromises demands a test that passed for every row', () => {
  const tree = treeWith(`test(\`\${engine}: all ${brackets}\`, f);`);
  const result = { name: `memory: all ${brackets}`, file: path, line: 1, why: 'no root' } as const;
  const passed = new Tally(() => {});
  passed.results.push({ ...result, outcome: 'passed' });
  assert.equal(keptPromises(tree, passed, true), true);
  const skipped = new Tally(() => {});
  skipped.results.push({ ...result, outcome: 'skipped' }, { ...result, name: 'another', outcome: 'passed' });
  assert.equal(keptPromises(tree, skipped, false), true);
  assert.equal(keptPromises(tree, skipped, true), false);
  assert.equal(skipped.failed, unplanned.length);
});
