import { readFile } from 'node:fs/promises';
import { nodeWorld } from '@packetboat/core/node';
import { startProxy } from '@packetboat/proxy';
import { serve } from '../support/packetboat.ts';
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
  readonly serverCpuSeconds: number;
  readonly serverBytesMax: number;
}

/** Many clients at a time receive sequences through a proxy that cuts their links at random. */
export async function sequenceLoad(options: SequenceLoadOptions): Promise<SequenceLoadReport> {
  const { clients, n, tickMs, cutMs, seed } = options;
  await using folder = await tempFolder();
  const server = await serve(folder.path, ['--log-level', 'silent']);
  const target = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
  const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld, seed });
  try {
    proxy.add({ fault: 'reset_peer', timeoutMs: cutMs / 2, jitterMs: cutMs / 2 });
    const beganMs = nodeWorld.clock.monotonicMs();
    const url = `http://127.0.0.1:${proxy.port}`;
    const running = Array.from({ length: clients }, async () => {
      const { equal, indexes, resumed } = await runSequence(url, { n, tickMs });
      const inOrder = indexes.length === n && indexes.every((index, at) => index === at);
      if (!equal || !inOrder) throw new Error(`equal ${equal}, in order ${inOrder}`);
      return resumed;
    });
    const settled = await Promise.allSettled(running);
    const { cpuSeconds, bytesMax } = await usageOf(server.url, server.pid);
    return {
      clients,
      whole: settled.filter(({ status }) => status === 'fulfilled').length,
      failures: settled.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])),
      cuts: proxy.counters.ends.cut,
      resumed: settled.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0),
      seconds: (nodeWorld.clock.monotonicMs() - beganMs) / 1_000,
      secondsAtLeast: (n * tickMs) / 1_000,
      serverCpuSeconds: cpuSeconds,
      serverBytesMax: bytesMax,
    };
  } finally {
    await proxy.stop();
    await server.end();
  }
}

/** CPU time of the server, and the most memory that it ever had (Linux only). */
async function usageOf(url: string, pid: number): Promise<{ readonly cpuSeconds: number; readonly bytesMax: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return {
    cpuSeconds: Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1] ?? NaN),
    bytesMax: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024,
  };
}
