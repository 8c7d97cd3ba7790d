import { globSync } from 'node:fs';
import { join } from 'node:path';
import { printLine } from './print_line.ts';
import { root } from './run_command.ts';
import type { Tally } from './tally.ts';
import { watchResults } from './watch_results.ts';

const folder = 'scenarios/conformance';
/** Cases of the published suite, subscriptions included: were there fewer, something would not be shown. */
const casesExpected = 338;
/** How long no case may end. */
const silenceMsMax = 120_000;

/** Runs the published conformance suite under vitest, on every store. Says whether each case of each store passed. */
export async function runConformance(tally: Tally): Promise<boolean> {
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    `--config=${folder}/vitest.config.ts`,
    `--reporter=${join(import.meta.dirname, 'report_conformance.ts')}`,
  ];
  const before = tally.results.length;
  const endedWell = await watchResults(args, silenceMsMax, tally);
  const results = tally.results.slice(before);
  let whole = true;
  for (const file of globSync(`${folder}/*.spec.ts`, { cwd: root }).toSorted()) {
    const cases = results.filter((result) => result.file === file);
    const passed = cases.filter(({ outcome }) => outcome === 'passed').length;
    printLine(`${file}: ${passed} of ${casesExpected} passed`);
    whole &&= cases.length === casesExpected;
  }
  if (!whole) tally.fail(`Each store is to run the ${casesExpected} cases of the suite`);
  return endedWell && whole;
}
