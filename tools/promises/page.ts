import type { SourceTree } from '../source/source_tree.ts';
import { type CitedTest, citedTests } from './cited_tests.ts';
import { acceptances, failures, planned, promises, type Row } from './rows.ts';

/** Where the page stands. */
export const pagePath = 'docs/promises.md';

const sections: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: 'Promises', rows: promises },
  { title: 'Failures of others, tried against us', rows: failures },
  { title: 'Acceptance of the sensor path', rows: acceptances },
];

/** All rows that need a test or a plan. */
export const neededRows: readonly Row[] = sections.flatMap((section) => section.rows);

/** docs/promises.md as it must be for this tree. Deterministic: it holds names, no results. */
export function promisesPage(tree: SourceTree): string {
  const tests = citedTests(tree);
  const parts = [
    '# What Packetboat promises, and what holds it to that',
    '',
    'Made by `npm run promises` from the brackets at the end of test names. The gate fails when this page is stale, when a row',
    'has neither a test nor a plan, and when no test of a row passed in its own run.',
  ];
  for (const { title, rows } of sections) {
    parts.push('', `## ${title}`, '', '| row | what | held by |', '|---|---|---|');
    for (const row of rows) parts.push(`| ${row.id} | ${row.text} | ${heldBy(row.id, tests)} |`);
  }
  const needed = new Set(neededRows.map((row) => row.id));
  const others = [...new Set(tests.flatMap((test) => test.ids))].filter((id) => !needed.has(id));
  if (others.length > 0) {
    parts.push('', '## Requirements that tests cite', '', '| row | held by |', '|---|---|');
    for (const id of others.toSorted(compareIds)) parts.push(`| ${id} | ${heldBy(id, tests)} |`);
  }
  return `${parts.join('\n')}\n`;
}

/** Rows that no test and no plan holds. */
export function pageFaults(tree: SourceTree): string[] {
  const cited = new Set(citedTests(tree).flatMap((test) => test.ids));
  return neededRows
    .filter((row) => !cited.has(row.id) && !planned.has(row.id))
    .map((row) => `${row.id} has neither a test nor a plan: ${row.text}`);
}

function heldBy(id: string, tests: readonly CitedTest[]): string {
  const holding = tests.filter((test) => test.ids.includes(id)).map((test) => `${cell(test.name)} (\`${test.path}\`)`);
  const plan = planned.get(id);
  return [...holding, ...(plan === undefined ? [] : [`planned: ${plan}`])].join('<br>');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function compareIds(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
