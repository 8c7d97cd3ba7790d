import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { gateEnvironment, root } from './run_command.ts';
import type { Tally, TestResult } from './tally.ts';

export interface TestRun {
  /** Which files, as globs from the root. */
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  /** A test that takes longer has failed: it hangs. */
  readonly timeoutMs: number;
}

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
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: gateEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<boolean>((resolve) => child.on('close', (code) => resolve(code === 0)));
  const before = tally.results.length;
  for await (const line of createInterface({ input: child.stdout })) tally.add(JSON.parse(line) as TestResult);
  const endedWell = await ended;
  return endedWell && tally.results.length > before;
}
