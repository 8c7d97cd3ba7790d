import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { printLine } from './print_line.ts';
import { gateEnvironment, root } from './run_command.ts';
import type { Tally, TestResult } from './tally.ts';

/** What an interrupted runner has for its last words. */
const partingMs = 5_000;

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
  const end = () => endGroup(child.pid);
  const interrupted = (): void => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  let hung: NodeJS.Timeout | undefined;
  const hangs = setTimeout(() => {
    tally.fail(`No test has ended for ${silenceMs / 1000} s: a test file keeps something open`);
    // Asked politely, the runner tells which files those are, and what has failed before.
    child.kill('SIGINT');
    hung = setTimeout(end, partingMs);
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
  clearTimeout(hung);
  end();
  process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  return ended;
}

/** Kills whoever is left of a group of processes. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
