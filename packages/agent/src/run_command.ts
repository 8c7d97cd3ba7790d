/** Runs a command of the operator's, within bounds (P7): never through a shell, never for ever. */
import { type ChildProcess, spawn } from 'node:child_process';
import { PacketboatError, type Timers } from '@packetboat/core';

const errorBytesMax = 1_024;

/** Options of {@linkcode runCommand}. */
export interface RunCommandOptions {
  /** The program and its arguments, as they are: `['sh', '-c', '…']` for what needs a shell. */
  readonly command: readonly string[];
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Bytes of output; more ends the command. @default 65_536 */
  readonly outputBytesMax?: number;
  /** What the command reads on stdin. @default nothing */
  readonly input?: Uint8Array;
  /** Added to the environment. @default nothing */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a command ended. */
export type CommandOutcome =
  | { readonly kind: 'done'; readonly output: Uint8Array }
  /** Could not start, ended with an error, took too long or said too much; `reason` is a sentence. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs the command to its end. Outcomes are values; an abort is a failure like any other. */
export function runCommand(options: RunCommandOptions): Promise<CommandOutcome> {
  const { command, timers, signal, timeoutMs, outputBytesMax = 65_536 } = options;
  const [file, ...parameters] = command;
  if (file === undefined) throw new PacketboatError('badRequest', 'The command is empty');
  if (signal.aborted) return Promise.resolve({ kind: 'failed', reason: 'it was not started: the agent stops' });
  return new Promise((resolve) => {
    // A group of its own, so that what the command started is ended with it.
    const child = spawn(file, parameters, { detached: true, env: { ...process.env, ...options.environment } });
    const output = new BoundedOutput(outputBytesMax, () => end(`its output is over ${outputBytesMax} bytes`));
    const errors = new BoundedOutput(errorBytesMax);

    const settle = (outcome: CommandOutcome): void => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      resolve(outcome);
    };
    const end = (reason: string): void => {
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      settle({ kind: 'failed', reason });
    };
    const stop = (): void => end('it was ended: the agent stops');
    const timer = timers.after(timeoutMs, () => end(`it took over ${timeoutMs} ms`));
    signal.addEventListener('abort', stop);

    child.stdout.on('data', (bytes: Buffer) => output.add(bytes));
    child.stderr.on('data', (bytes: Buffer) => errors.add(bytes));
    // A command need not read its stdin: then this end of the pipe breaks, and only its exit code counts.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => settle({ kind: 'failed', reason: `it could not start: ${error.message}` }));
    child.on('close', (code, signalName) => {
      if (code === 0) return settle({ kind: 'done', output: output.bytes() });
      const said = errors.bytes().toString().trim().split('\n').at(-1) ?? '';
      const how = code === null ? `it was ended by ${signalName}` : `it exited with ${code}`;
      settle({ kind: 'failed', reason: said === '' ? how : `${how}: ${said}` });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Keeps the first `bytesMax` bytes. */
class BoundedOutput {
  readonly #bytesMax: number;
  readonly #onFull: (() => void) | undefined;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(bytesMax: number, onFull?: () => void) {
    this.#bytesMax = bytesMax;
    this.#onFull = onFull;
  }

  add(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#bytesMax - this.#length);
    this.#parts.push(kept);
    this.#length += kept.length;
    if (kept.length < bytes.length) this.#onFull?.();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
