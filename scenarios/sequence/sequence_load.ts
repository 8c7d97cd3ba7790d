import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeWorld } from '@packetboat/core/node';
import { packetboat, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { runSequence } from './run_sequence.ts';

/** Options of {@linkcode sequenceLoad}. */
export interface SequenceLoadOptions {
  /** How many clients at a time. */
  readonly clients: number;
  /** How many numbers each. */
  readonly n: number;
  readonly tickMs: number;
  /** The longest that a connection lives; how long each does, chance decides. */
  readonly cutMs: number;
  readonly seed: number;
}

/** What came of it. */
export interface SequenceLoadReport {
  readonly clients: number;
  /** Clients whose checksum was the server's, and who have every number once and in order. */
  readonly whole: number;
  /** What the others failed with. */
  readonly failures: readonly string[];
  readonly cuts: number;
  readonly resumed: number;
  readonly seconds: number;
  /** What it would take without any cut. */
  readonly secondsAtLeast: number;
  readonly usage: Readonly<Record<'server' | 'proxy' | 'clients', Usage>>;
}

/** CPU time of a process, and the most memory that it ever had. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly bytesMax: number;
}

/** Of the times in `/proc`. */
const ticksPerSecond = 100;

/**
 * Many clients at a time receive sequences through a proxy that cuts their links at random. Server, proxy and clients are
 * processes of their own: a process takes in one connection per turn of its event loop, and turns are long among a
 * thousand clients.
 */
export async function sequenceLoad(options: SequenceLoadOptions): Promise<SequenceLoadReport> {
  const { clients, n, tickMs, cutMs, seed } = options;
  await using folder = await tempFolder();
  const server = await serve(folder.path, ['--log-level', 'silent']);
  const schedule = join(folder.path, 'cuts.jsonl');
  const fault = { atMs: 0, fault: 'reset_peer', timeoutMs: cutMs / 2, jitterMs: cutMs / 2 };
  await writeFile(schedule, JSON.stringify(fault));
  const target = new URL(server.url).port;
  const proxy = packetboat(['proxy', '0', target, '--json', '--seed', String(seed), '--schedule', schedule]);
  try {
    const [, address = ''] = await proxy.line(/"listen":"([^"]+)"/);
    const beganMs = nodeWorld.clock.monotonicMs();
    const running = Array.from({ length: clients }, async () => {
      const { equal, indexes, resumed } = await runSequence(`http://${address}`, { n, tickMs });
      const inOrder = indexes.length === n && indexes.every((index, at) => index === at);
      if (!equal || !inOrder) throw new Error(`equal ${equal}, in order ${inOrder}`);
      return resumed;
    });
    const settled = await Promise.allSettled(running);
    const seconds = (nodeWorld.clock.monotonicMs() - beganMs) / 1_000;
    const usage = {
      server: await usageOf(server.pid),
      proxy: await usageOf(proxy.pid),
      clients: await usageOf(process.pid),
    };
    await proxy.end('SIGINT');
    return {
      clients,
      whole: settled.filter(({ status }) => status === 'fulfilled').length,
      failures: settled.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
      cuts: proxy.stdout.filter((line) => line.includes('"cause":"cut"')).length,
      resumed: settled.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0),
      seconds,
      secondsAtLeast: (n * tickMs) / 1_000,
      usage,
    };
  } finally {
    await proxy.end('SIGKILL');
    await server.end();
  }
}

/** What a process has used so far. Linux only: elsewhere nothing is known. */
async function usageOf(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Behind the name, which may hold anything: user and system time are the 14th and 15th field.
  const [user = NaN, system = NaN] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  return {
    cpuSeconds: (user + system) / ticksPerSecond,
    bytesMax: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024,
  };
}
