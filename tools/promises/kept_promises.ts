import type { Tally } from '../gate/tally.ts';
import type { SourceTree } from '../source/source_tree.ts';
import { citedTests } from './cited_tests.ts';
import { neededRows } from './page.ts';
import { planned } from './rows.ts';

/**
 * Whether every row that has tests, or no plan, was held by at least one test that passed in this run. A test that was
 * skipped holds nothing; yet where root or fault tools are missing that is said, not a failure, unless `strict` (CI).
 */
export function keptPromises(tree: SourceTree, tally: Tally, strict: boolean): boolean {
  const tests = citedTests(tree).map((test) => ({ ids: test.ids, pattern: namePattern(test.name) }));
  const passed = tally.results.filter((result) => result.outcome === 'passed');
  const skipped = tally.results.filter((result) => result.outcome === 'skipped');
  let kept = true;
  for (const row of neededRows) {
    const patterns = tests.filter((test) => test.ids.includes(row.id)).map((test) => test.pattern);
    if (patterns.length === 0 && planned.has(row.id)) continue;
    if (passed.some((result) => patterns.some((pattern) => pattern.test(result.name)))) continue;
    if (!strict && skipped.some((result) => patterns.some((pattern) => pattern.test(result.name)))) continue;
    tally.fail(`${row.id} was not held by any test that passed here: ${row.text}`);
    kept = false;
  }
  return kept;
}

/** The names a test can have at run time: `…` stands for what its template fills in. */
function namePattern(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*')}\\s*(?:\\[|$)`);
}
