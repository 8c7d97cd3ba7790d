/** Runs the real `packetboat` command, as a user would, and listens to what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../packages/cli/bin/packetboat.js', import.meta.url));

/** How long the hooks of a test file have to end what they started. */
const hooksMsMax = 20_000;
const started = new Set<ChildProcess>();
// What a failed test leaves behind would keep its file from ending, and nobody would be told of the failure.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) after(() => void setTimeout(killStarted, hooksMsMax).unref());

function killStarted(): void {
  for (const child of started) child.kill('SIGKILL');
}

/** How a command ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Options of {@linkcode packetboat}. */
export interface PacketboatOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Text for standard input, which is then closed. @default closed at once */
  readonly input?: string | Uint8Array;
  /** A command put in front, such as `strace` with its arguments. */
  readonly wrapper?: readonly string[];
}

/** A running command. */
export class Running {
  readonly process: ChildProcess;
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** Both, in the order in which they came. */
  readonly printed: string[] = [];
  readonly exited: Promise<Exit>;
  #waiting: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.process = child;
    started.add(child);
    child.once('exit', () => started.delete(child));
    this.#collect(child.stdout, this.stdout);
    this.#collect(child.stderr, this.stderr);
    this.exited = once(child, 'close').then(([code, signal]: unknown[]) => {
      this.#wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('The command did not start');
    return this.process.pid;
  }

  /** Resolves with the first line of stdout or stderr, also an earlier one, that matches. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const text of this.printed) {
        const match = pattern.exec(text);
        if (match !== null) return match;
      }
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`Ended without a line like ${pattern}:\n${this.stdout.join('\n')}\n${this.stderr.join('\n')}`);
      }
      await this.change();
    }
  }

  /** Resolves when something more was printed, or the command ended. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.process.kill(signal);
    return this.exited;
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (text) => {
      lines.push(text);
      this.printed.push(text);
      this.#wake();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Starts `packetboat` with `args`. */
export function packetboat(args: readonly string[], options: PacketboatOptions = {}): Running {
  const wrapper = options.wrapper ?? [];
  const words = [...wrapper, process.execPath, launcher, ...args];
  const child = spawn(words[0] ?? process.execPath, words.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  return new Running(child);
}

/** Runs `packetboat` to its end. */
export async function run(
  args: readonly string[],
  options: PacketboatOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const running = packetboat(args, options);
  const exit = await running.exited;
  return { ...exit, stdout: running.stdout.join('\n'), stderr: running.stderr.join('\n') };
}

/** Starts `packetboat serve` on `folder` and a free port, and waits until it listens. */
export async function serve(
  folder: string,
  args: readonly string[] = [],
  options: PacketboatOptions = {},
): Promise<Running & { url: string }> {
  const running = packetboat(['serve', '--data', folder, '--port', '0', ...args], options);
  const match = await running.line(/listening on (http:\/\/\S+)/);
  return Object.assign(running, { url: match[1] ?? '' });
}
