import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { printLine } from './print_line.ts';
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
  const endedWell = await watch(args, run.timeoutMs + silenceMsMax, tally);
  return endedWell && tally.results.length > before;
}

/** Runs Node and takes the results it prints, until it ends or says nothing for too long. Says whether it ended with 0. */
async function watch(args: readonly string[], silenceMs: number, tally: Tally): Promise<boolean> {
  // A group of its own, so that nothing it has started is left behind.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: gateEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const interrupted = (): void => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const hangs = setTimeout(() => {
    tally.fail(`No test has ended for ${silenceMs / 1000} s: a test file keeps something open`);
    end();
  }, silenceMs);
  const ended = new Promise<boolean>((resolve) => child.on('close', (code) => resolve(code === 0)));
  let file: string | undefined;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    hangs.refresh();
    if (line === '') continue;
    const result = JSON.parse(line) as TestResult;
    if (result.file !== file && file !== undefined) printLine(`${file}: ${count}`);
    count = result.file === file ? count + 1 : 1;
    file = result.file;
    tally.add(result);
  }
  if (file !== undefined) printLine(`${file}: ${count}`);
  clearTimeout(hangs);
  process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  return ended;
}
