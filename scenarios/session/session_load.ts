import { readFile } from 'node:fs/promises';
import { type Client, connect, type WebSocketConstructor } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import { startProxy } from '@packetboat/proxy';
import { WebSocket } from 'ws';
import { serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { type Spread, spreadOf } from './spread.ts';

/** Options of {@linkcode sessionLoad}. */
export interface SessionLoadOptions {
  readonly sessions: number;
  /** `cut`: the proxy before the server resets all links. `kill`: the server dies, and is started again. */
  readonly fault: 'cut' | 'kill';
}

/** What the server has spent so far. */
interface Usage {
  readonly cpuSeconds: number;
  readonly commits: number;
  readonly syncs: number;
}

/** What came of it. */
export interface SessionLoadReport {
  readonly sessions: number;
  /** Sessions that went on. Those that began anew, and those that are not back, make up the rest. */
  readonly resumed: number;
  readonly anew: number;
  /** Welcomes, since coming back was possible. */
  readonly returns: Spread;
  readonly attempts: Spread;
  /** Twice the cap of the SDK's backoff. */
  readonly lastMsMax: number;
  readonly secondsToOpen: number;
  /** What opening the sessions cost the server, and what their return did: of a server that was killed, that of its next life. */
  readonly opening: Usage;
  readonly returning: Usage;
  /** What their return cost this process, which is all clients, and the proxy. */
  readonly clientCpuSeconds: number;
  readonly serverBytesIdle: number;
  readonly serverBytesMax: number;
}

/** Twice the cap of the SDK's backoff. */
const lastMsMax = 30_000;
/** Sockets of one session in this process: the client's, and the proxy's two. Some more files for all else. */
const filesPerSession = { cut: 3, kill: 1 };
const filesBeside = 200;

/**
 * Many sessions over real sockets lose their links at one moment, and come back.
 *
 * @throws {Error} when this process may not open so many sockets.
 */
export async function sessionLoad({ sessions, fault }: SessionLoadOptions): Promise<SessionLoadReport> {
  checkOpenFiles(filesPerSession[fault] * sessions + filesBeside);
  const { clock, timers } = nodeWorld;
  await using folder = await tempFolder();
  const start = (port: number) => serve(folder.path, ['--log-level', 'silent', '--port', `${port}`]);
  let server = await start(0);
  const port = Number(new URL(server.url).port);
  const target = { host: '127.0.0.1', port };
  const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld });
  const fleet = new Fleet();
  try {
    const serverBytesIdle = await memoryOf(server.pid, 'VmRSS');
    const atStart = await usageOf(server.url);
    const beganMs = clock.monotonicMs();
    await fleet.open(fault === 'cut' ? `http://127.0.0.1:${proxy.port}` : server.url, sessions);
    const secondsToOpen = (clock.monotonicMs() - beganMs) / 1_000;
    const opened = await usageOf(server.url);

    const cpu = process.cpuUsage();
    fleet.lostMs = clock.monotonicMs();
    if (fault === 'cut') proxy.cut('reset');
    else {
      await server.end('SIGKILL');
      server = await start(port);
    }
    const sinceMs = fault === 'cut' ? fleet.lostMs : clock.monotonicMs();
    while (fleet.backMs.length < sessions && clock.monotonicMs() < sinceMs + lastMsMax) {
      await new Promise<void>((resolve) => timers.after(50, resolve));
    }
    const { user, system } = process.cpuUsage(cpu);
    const returned = await usageOf(server.url);
    return {
      sessions,
      resumed: fleet.resumed,
      anew: fleet.backMs.length - fleet.resumed,
      returns: spreadOf(fleet.backMs, sinceMs),
      attempts: spreadOf(fleet.attemptsMs, sinceMs),
      lastMsMax,
      secondsToOpen,
      opening: difference(opened, atStart),
      returning: fault === 'cut' ? difference(returned, opened) : returned,
      clientCpuSeconds: (user + system) / 1e6,
      serverBytesIdle,
      serverBytesMax: await memoryOf(server.pid, 'VmHWM'),
    };
  } finally {
    await fleet.close();
    await proxy.stop();
    await server.end();
  }
}

/** Clients with the SDK's own settings, and when they came back. */
class Fleet {
  /** When the links were lost: what happens before is not kept. */
  lostMs = Number.POSITIVE_INFINITY;
  readonly attemptsMs: number[] = [];
  readonly backMs: number[] = [];
  resumed = 0;
  #clients: Client[] = [];

  async open(url: string, sessions: number): Promise<void> {
    this.#clients = await Promise.all(Array.from({ length: sessions }, () => this.#connect(url)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #connect(url: string): Promise<Client> {
    return connect(url, {
      webSocket: WebSocket as unknown as WebSocketConstructor,
      onStatus: ({ status, resumed }) => {
        const nowMs = nodeWorld.clock.monotonicMs();
        if (nowMs < this.lostMs) return;
        if (status === 'connecting') this.attemptsMs.push(nowMs);
        if (status !== 'connected') return;
        this.backMs.push(nowMs);
        if (resumed === true) this.resumed += 1;
      },
    });
  }
}

function checkOpenFiles(needed: number): void {
  const report = process.report.getReport() as { readonly userLimits?: { open_files?: { soft: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  if (typeof soft !== 'number' || soft >= needed) return;
  throw new Error(
    `This takes ${needed} open files, and the system allows ${soft}: raise its limit (ulimit -n ${needed})`,
  );
}

async function usageOf(url: string): Promise<Usage> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
  return {
    cpuSeconds: metric('process_cpu_seconds_total'),
    commits: metric('packetboat_store_commits_total'),
    syncs: metric('packetboat_store_syncs_total'),
  };
}

function difference(later: Usage, earlier: Usage): Usage {
  return {
    cpuSeconds: later.cpuSeconds - earlier.cpuSeconds,
    commits: later.commits - earlier.commits,
    syncs: later.syncs - earlier.syncs,
  };
}

/** A row of `/proc/<pid>/status` in bytes (Linux only). */
async function memoryOf(pid: number, row: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${row}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? NaN) * 1_024;
}
