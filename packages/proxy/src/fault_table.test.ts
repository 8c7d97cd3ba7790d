import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { FaultRule } from './fault_kind.ts';
import { faultTable } from './fault_table.ts';

const faults: [string, FaultRule][] = Object.entries(faultTable);

/** What stands in backquotes. */
const named = (cell: string): (string | undefined)[] => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word);

test('faultTable holds no option that means something else in a schedule', () => {
  const taken = ['atMs', 'on', 'nth', 'end', 'forMs', 'name', 'direction', 'connections', 'toxicity', 'fault'];
  for (const [name, { options }] of faults) {
    for (const option of Object.keys(options)) assert.ok(!taken.includes(option), `${name}: ${option}`);
  }
});

test('faultTable is what docs/proxy.md tells: each fault, its options and their names in the API', async () => {
  const page = await readFile(new URL('../../../docs/proxy.md', import.meta.url), 'utf8');
  const rows = new Map(page.split('\n').map((line) => [/^\| `(\w+)` \|/.exec(line)?.[1], line]));
  for (const [name, { options }] of faults) {
    const row = rows.get(name);
    assert.ok(row !== undefined, `${name} has no row`);
    const [, , optionCell = '', attributeCell = ''] = row.split('|');
    assert.deepEqual(named(optionCell.replaceAll(/\([^)]*\)/g, '')), Object.keys(options), name);
    const attributes = Object.entries(options).map(([option, rule]) => ('toxic' in rule ? rule.toxic : option));
    assert.deepEqual(named(attributeCell), attributes, name);
  }
});
