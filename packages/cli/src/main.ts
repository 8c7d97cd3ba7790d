/** The process: connects the command with argv, streams, signals and the real world. */
import { nodeWorld } from '@packetboat/core/node';
import type { Context } from './context.ts';
import { exitCode } from './exit_codes.ts';
import { Interruption } from './interruption.ts';
import { runProgram } from './program.ts';
import { Terminal } from './terminal.ts';

const words = process.argv.slice(2);
const terminal = new Terminal(process.stdout, process.stderr);
// Help is shown before options are looked at.
if (words.includes('--no-color')) terminal.configure({ color: false });

// Whoever closes our output (`| head`) has seen enough; the work is not done for that.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? exitCode.unread : exitCode.failure);
});
// Messages that nobody reads are no reason to stop.
process.stderr.on('error', () => {});
// Started by the launcher in another Node: a launcher that was killed takes us with it, as one process would end.
if (process.channel !== undefined) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}

const context: Context = {
  world: nodeWorld,
  env: process.env,
  terminal,
  teller: terminal,
  stdin: process.stdin,
  interruption: new Interruption(process, nodeWorld),
  exitCode: 0,
};
const status = await runProgram(words, context);
await terminal.flush();
process.exit(status);
