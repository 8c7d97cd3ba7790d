/** A folder, the processes that work in it, and the clients that look at them: all go with the scope. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeName } from '@packetboat/agent';
import { type Client, connect } from '@packetboat/client';
import { defaultLimits, type Limits, MemoryStore } from '@packetboat/core';
import { nodeWorld as world } from '@packetboat/core/node';
import { readSpoolStatus } from '@packetboat/engine-sqlite';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { type Server, startServer } from '@packetboat/server';
import { type PacketboatOptions, packetboat, type Running, run } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

/** A harbour that is still open after this time hangs: its processes are killed, so that every wait ends. */
const openMsMax = 60_000;

/** What `streams verify --json` says. */
export interface Verdict {
  readonly records: number;
  readonly equal: boolean;
  readonly complete: boolean;
  readonly spool?: { readonly produced: number; readonly waiting: number; readonly lost: number };
}

export class Harbour implements AsyncDisposable {
  readonly folder: string;
  readonly #deadline: NodeJS.Timeout;
  readonly #over = new AbortController();
  /** What is to be ended, last first. */
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(temp: AsyncDisposable & { path: string }) {
    this.folder = temp.path;
    this.#ends.push(async () => temp[Symbol.asyncDispose]());
    this.#deadline = setTimeout(() => this.#over.abort(), openMsMax);
  }

  static async open(): Promise<Harbour> {
    return new Harbour(await tempFolder());
  }

  /** Adds something to be ended with the harbour, before what was added earlier. */
  defer(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts a command; it is killed at the latest when the harbour closes. */
  start(args: readonly string[], options: PacketboatOptions = {}): Running {
    const running = packetboat(args, options);
    const kill = (): void => void running.process.kill('SIGKILL');
    this.#over.signal.addEventListener('abort', kill);
    this.defer(() => {
      kill();
      return running.exited;
    });
    return running;
  }

  /** Starts a server on the folder `data` and, unless told otherwise, a free port; settles when it listens. */
  async serve(args: readonly string[] = [], options: PacketboatOptions = {}): Promise<Running & { url: string }> {
    const running = this.start(['serve', '--data', this.path('data'), '--port', '0', ...args], options);
    const [, url = ''] = await running.line(/^listening on (http:\/\/\S+)$/);
    return Object.assign(running, { url });
  }

  /** A server of this process, over a store in memory: the command has no settings for limits, clients are told them. */
  async serveHere(limits: Partial<Limits>): Promise<Server> {
    const store = new MemoryStore({ world });
    const server = await startServer({ store, world, port: 0, limits: { ...defaultLimits, ...limits } });
    this.defer(() => server.stop());
    return server;
  }

  sensor(name: string, args: readonly string[] = [], options: PacketboatOptions = {}): Running {
    return this.start(['sensor', name, '--spool', this.path('spool'), ...args], options);
  }

  /** Runs a sensor over whole records, until its spool has them all. */
  async feed(name: string, lines: readonly string[]): Promise<void> {
    const args = ['--source', 'stdin', '--format', 'records'];
    const sensor = this.sensor(name, args, { input: lines.join('') });
    assert.equal((await sensor.exited).code, 0, sensor.stderr.join('\n'));
  }

  ship(name: string, url: string, args: readonly string[] = [], options: PacketboatOptions = {}): Running {
    return this.start(['ship', name, '--spool', this.path('spool'), '--server', url, ...args], options);
  }

  /** Compares the stream with the spool. */
  async verify(name: string, url: string): Promise<Verdict> {
    const spool = ['--spool', this.path('spool'), '--name', name];
    const { stdout, stderr } = await run(['streams', 'verify', `sensors/${name}`, ...spool, '--server', url, '--json']);
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Verdict;
  }

  /** How many of a sensor's records the server has not acknowledged. */
  waiting(name: string): number {
    return readSpoolStatus({ folder: join(this.path('spool'), encodeName(name)), world }).waiting;
  }

  async client(url: string): Promise<Client> {
    const client = await connect(url, { client: 'scenario', world, signal: this.#over.signal });
    this.defer(() => client.close());
    return client;
  }

  async proxyTo(url: string): Promise<Proxy & { readonly url: string }> {
    const target = { host: '127.0.0.1', port: Number(new URL(url).port) };
    const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world });
    this.defer(() => proxy.stop());
    return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
  }

  /** What a stream holds now: each record as text. */
  async read(url: string, stream: string): Promise<string[]> {
    const client = await this.client(url);
    const texts: string[] = [];
    for await (const { bytes } of client.read(stream, { from: 'start', untilCaughtUp: true })) {
      texts.push(Buffer.from(bytes).toString());
    }
    await client.close();
    return texts;
  }

  /** Looks again and again until `condition` holds. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      assert.ok(!this.#over.signal.aborted, `it did not happen within ${openMsMax} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#deadline);
    // One that fails must not keep the others from ending: the test has told why already.
    for (const end of this.#ends.toReversed()) await end().catch(() => undefined);
  }
}

/** Settles once `running` has printed `count` lines on stdout. */
export async function printed(running: Running, count: number): Promise<void> {
  const state = { ended: false };
  const ended = running.exited.then(() => {
    state.ended = true;
  });
  while (running.stdout.length < count) {
    const told = `ended with ${running.stdout.length} of ${count} lines:\n${running.stderr.join('\n')}`;
    assert.ok(!state.ended, told);
    await Promise.race([running.change(), ended]);
  }
}

/** Ends a command as Ctrl-C does; it exits with 0 (C0.2). */
export async function interrupt(running: Running): Promise<void> {
  const exit = await running.end('SIGINT');
  assert.deepEqual(exit, { code: 0, signal: null }, running.stderr.join('\n'));
}

/** The `ACK` that is printed for a line (S0.13). */
export function ackOf(line: string): string {
  return `ACK ${line.trimEnd().split(' ').at(-1)}`;
}

/** Whole records of a sensor, one nanosecond apart. */
export function linesOf(name: string, count: number, from = 0): string[] {
  const first = 1_612_091_235_112_730_001n + BigInt(from);
  return Array.from({ length: count }, (_, index) => `${name} ${from + index}.0 64.1 ${first + BigInt(index)}\n`);
}

/** Why `command` cannot be run here, or `undefined` when it can. */
export async function missing(command: string, ...args: string[]): Promise<string | undefined> {
  return promisify(execFile)(command, args).then(
    () => undefined,
    () => `needs ${command}`,
  );
}
