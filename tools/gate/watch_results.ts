import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { printLine } from './print_line.ts';
import { gateEnvironment, root } from './run_command.ts';
import type { Tally, TestResult } from './tally.ts';

/**
 * Runs Node and takes the results that a reporter of ours prints, one JSON line each, until it ends or says nothing for
 * too long. Says whether it ended with 0.
 */
export async function watchResults(args: readonly string[], silenceMs: number, tally: Tally): Promise<boolean> {
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
