import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** The repository. */
export const root = join(import.meta.dirname, '../..');

/** Compiled code for the next process: hundreds of short ones load the same files. */
const compiled = join(root, 'node_modules/.cache/compiled');

/** What the gate's processes see: our tools first in the path, no colours in CI. */
export function gateEnvironment(): NodeJS.ProcessEnv {
  const path = [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(':');
  const { FORCE_COLOR: _colour, NODE_TEST_CONTEXT: _context, ...rest } = process.env;
  const colours = process.env['CI'] === undefined ? {} : { NO_COLOR: '1' };
  return { NODE_COMPILE_CACHE: compiled, ...rest, ...colours, PATH: path };
}

/** Runs a command to its end, its output going where ours goes. Says whether it ended with 0. */
export function runCommand(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: gateEnvironment(), stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}
