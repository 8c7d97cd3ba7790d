/**
 * Kills server, shipper and sensor with SIGKILL at random moments under load, starts each again without help, and
 * then counts: every acknowledged record is there, once, in order (P1, P2, P3).
 *
 * It does not test what a power cut does: the page cache survives a killed process. See `faults/power_cut.test.ts`.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import type { Verdict } from '../sensor_path/harbour.ts';
import { startLoad, verifyLoad } from '../support/load.ts';
import { packetboat, type Running, run, serve } from '../support/packetboat.ts';
import { seeded } from '../support/seeded.ts';

/** Options of {@linkcode crash}. */
export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly folder: string;
  /** Called after every kill. @default nothing is said */
  readonly onKill?: (kill: { number: number; victim: string; startMs: number; acknowledged: number }) => void;
}

/** What was counted. */
export interface CrashReport {
  readonly kills: Record<Victim, number>;
  /** Records the SDK's producers had acknowledged, and found stored. */
  readonly acknowledged: number;
  readonly stored: number;
  /** `ACK` lines the shipper printed, and the sensor's records found stored. */
  readonly shipped: number;
  readonly sensed: number;
  /** Time from start to the ready line, in milliseconds, in the order of the server's kills. */
  readonly serverStartsMs: readonly number[];
}

type Victim = 'server' | 'shipper' | 'sensor';
const victims = ['server', 'shipper', 'sensor'] as const;
const sensorName = 'crash-sensor';
/** How long a shipper that nobody disturbs may need for what waits. */
const drainMsMax = 60_000;

/** The three processes, each replaceable. */
class Fleet {
  readonly #folder: string;
  readonly #acks: Set<string>;
  #port = '0';
  server: Running | undefined;
  shipper: Running | undefined;
  sensor: Running | undefined;
  url = '';

  constructor(folder: string, acks: Set<string>) {
    this.#folder = folder;
    this.#acks = acks;
  }

  async start(victim: Victim): Promise<void> {
    const spool = ['--spool', `${this.#folder}/spool`];
    if (victim === 'server') {
      const server = await serve(`${this.#folder}/data`, this.#port === '0' ? [] : ['--port', this.#port]);
      this.server = server;
      this.url = server.url;
      this.#port = new URL(server.url).port;
    } else if (victim === 'shipper') {
      this.shipper = packetboat(['ship', sensorName, ...spool, '--server', this.url]);
    } else {
      this.sensor = packetboat(['sensor', sensorName, ...spool, '--interval', '2ms']);
    }
  }

  async kill(victim: Victim): Promise<void> {
    const running = this[victim];
    assert.ok(running !== undefined);
    const exit = await running.end('SIGKILL');
    assert.equal(exit.signal, 'SIGKILL', `${victim} ended by itself:\n${running.stderr.join('\n')}`);
    if (victim === 'shipper') this.#collectAcks(running);
  }

  /** Ends sensor, then shipper once it has nothing waiting; the server stays for the counting. */
  async wind(): Promise<void> {
    assert.ok(this.sensor !== undefined && this.shipper !== undefined);
    // Whoever was killed last may not have come far enough to hear of a signal.
    await this.sensor.line(/Ctrl-C stops it/);
    await this.shipper.line(/Ctrl-C stops it/);
    assert.equal((await this.sensor.end()).code, 0, this.sensor.stderr.join('\n'));
    const shipper = this.shipper;
    await drained(this.url, `${this.#folder}/spool`);
    assert.equal((await shipper.end()).code, 0, shipper.stderr.join('\n'));
    this.#collectAcks(shipper);
  }

  #collectAcks(shipper: Running): void {
    for (const line of shipper.stdout) {
      const match = /^ACK (\d+)$/.exec(line);
      if (match?.[1] !== undefined) this.#acks.add(match[1]);
    }
  }
}

/** Runs the whole thing; throws when anything is missing, twice or out of order. */
export async function crash(options: CrashOptions): Promise<CrashReport> {
  const random = seeded(options.seed);
  const acks = new Set<string>();
  const fleet = new Fleet(options.folder, acks);
  for (const victim of victims) await fleet.start(victim);
  const load = await startLoad(fleet.url, { inFlightMax: 500 });
  const kills = { server: 0, shipper: 0, sensor: 0 };
  const serverStartsMs: number[] = [];
  for (let number = 1; number <= options.kills; number++) {
    await pause(20 + random() * 600);
    const victim = victims[Math.trunc(random() * victims.length)] ?? 'server';
    await fleet.kill(victim);
    kills[victim] += 1;
    const from = performance.now();
    await fleet.start(victim);
    const startMs = performance.now() - from;
    if (victim === 'server') serverStartsMs.push(startMs);
    options.onKill?.({ number, victim, startMs, acknowledged: load.acknowledged() });
  }
  await load.finish();
  await fleet.wind();
  const stored = await verifyLoad(fleet.url, load.progress);
  const sensed = await verifySensor(fleet.url, acks);
  const verdict = await verify(fleet.url, `${options.folder}/spool`);
  assert.ok(verdict.equal && verdict.complete, JSON.stringify(verdict));
  await fleet.server?.end();
  return { kills, acknowledged: load.acknowledged(), stored, shipped: acks.size, sensed, serverStartsMs };
}

/** Waits until the shipper has nothing waiting: the stream holds everything the sensor put in. */
async function drained(url: string, spool: string): Promise<void> {
  const deadlineMs = performance.now() + drainMsMax;
  for (;;) {
    const verdict = await verify(url, spool);
    if (verdict.equal && verdict.complete) return;
    assert.ok(performance.now() < deadlineMs, JSON.stringify(verdict));
    await pause(200);
  }
}

/** Compares the sensor's stream with its spool. */
async function verify(url: string, spool: string): Promise<Verdict> {
  const name = ['--spool', spool, '--name', sensorName];
  const { stdout, stderr } = await run([
    'streams',
    'verify',
    `sensors/${sensorName}`,
    '--server',
    url,
    ...name,
    '--json',
  ]);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Verdict;
}

/** Every `ACK` names a stored record; times grow (one sensor, one clock), so order and once are seen too. */
async function verifySensor(url: string, acks: ReadonlySet<string>): Promise<number> {
  const client = await connect(url, { client: 'verify', world: nodeWorld });
  const times = new Set<string>();
  const decoder = new TextDecoder();
  let last = 0n;
  for await (const record of client.read(`sensors/${sensorName}`, { from: 'start', untilCaughtUp: true })) {
    const line = decoder.decode(record.bytes);
    const time = line.trimEnd().split(' ').at(-1) ?? '';
    assert.match(line, /^\S+ \d+(\.\d+)? \d+(\.\d+)? \d{19}\n$/);
    assert.equal(record.timeNs, BigInt(time));
    assert.ok(record.timeNs > last, `${time} is stored twice or out of order`);
    last = record.timeNs;
    times.add(time);
  }
  for (const ack of acks) assert.ok(times.has(ack), `acknowledged ${ack} is not stored`);
  await client.close();
  return times.size;
}
