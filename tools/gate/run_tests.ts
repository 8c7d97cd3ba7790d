import { globSync } from 'node:fs';
import { root } from './run_command.ts';
import type { Tally } from './tally.ts';
import { watchResults } from './watch_results.ts';

export interface TestRun {
  /** Which files, as globs from the root. */
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  /** A test that takes longer has failed: it hangs. */
  readonly timeoutMs: number;
}

/** How long nothing may end, beside the longest time a test may take. */
const silenceMsMax = 60_000;

/**
 * Runs test files under `node --test` and adds every test's result to the tally. A file that crashes, hangs or
 * holds no test counts as a failed test. Says whether there was any test, and the runner came to its end.
 */
export async function runTests(run: TestRun, tally: Tally): Promise<boolean> {
  const files = globSync([...run.files], { cwd: root }).toSorted();
  if (files.length === 0) {
    tally.fail(`No test file matches ${run.files.join(' ')}`);
    return false;
  }
  const args = [
    '--test',
    `--test-concurrency=${run.concurrency}`,
    `--test-timeout=${run.timeoutMs}`,
    `--test-reporter=${new URL('report_results.ts', import.meta.url).href}`,
    '--test-reporter-destination=stdout',
    ...files,
  ];
  const before = tally.results.length;
  const endedWell = await watchResults(args, run.timeoutMs + silenceMsMax, tally);
  return endedWell && tally.results.length > before;
}
