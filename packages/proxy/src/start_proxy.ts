import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PacketboatError } from '@packetboat/core';
import type { CutHow, Direction, FaultTarget, OneDirection, Stage } from './fault_kind.ts';
import { checkFault, type Fault, faultKind } from './fault_table.ts';
import { Link } from './link.ts';
import type { ScheduleStep } from './parse_schedule.ts';
import type { AppliedFault, Proxy, ProxyCounters, ProxyOptions, ScheduleRun } from './proxy.ts';
import { runSchedule } from './run_schedule.ts';
import { seededRandom } from './seeded_random.ts';

/**
 * Starts a proxy from `listen` to `target`. Nothing is wrong with its links until a fault is added.
 *
 * @throws {PacketboatError} `unreachable` when it cannot listen there.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const proxy = new FaultyProxy(options);
  await proxy.openPort();
  return proxy;
}

const directions: readonly OneDirection[] = ['up', 'down'];

class FaultyProxy implements Proxy, FaultTarget {
  readonly host: string;
  readonly seed: number;
  readonly #options: ProxyOptions;
  readonly #active = new Set<AppliedFault>();
  readonly #links = new Map<Link, number>();
  readonly #runs = new Set<ScheduleRun>();
  readonly #counters = {
    connections: 0,
    unreachable: 0,
    passedBytes: { up: 0, down: 0 },
    swallowedBytes: { up: 0, down: 0 },
  };
  readonly #faultCounts = new Map<string, number>();
  #server: Server | undefined;
  #port: number;
  /** How many reasons there are not to listen; one to begin with. */
  #portClosed = 1;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.host = options.listen.host;
    this.#port = options.listen.port;
    this.seed = options.seed ?? Math.trunc(options.world.random.fraction() * 2 ** 32);
  }

  get port(): number {
    return this.#port;
  }

  get counters(): ProxyCounters {
    return { ...this.#counters, open: this.#links.size, faults: Object.fromEntries(this.#faultCounts) };
  }

  add(fault: Fault, options: { readonly direction?: Direction } = {}): AppliedFault {
    checkFault({ ...fault }, 'add');
    const applied: AppliedFault = { fault, direction: options.direction ?? 'both' };
    this.#faultCounts.set(fault.fault, (this.#faultCounts.get(fault.fault) ?? 0) + 1);
    const kind = faultKind(fault);
    if (kind.stage !== undefined || kind.end !== undefined) this.#active.add(applied);
    for (const [link, number] of this.#links) {
      for (const direction of directions) {
        const stage = this.#stage(applied, direction, number);
        if (stage !== undefined) link.pipes[direction].addStage(applied, stage);
      }
    }
    kind.begin?.(fault, this);
    return applied;
  }

  async remove(applied: AppliedFault): Promise<void> {
    if (!this.#active.delete(applied)) return;
    for (const link of this.#links.keys()) {
      for (const direction of directions) link.pipes[direction].removeStage(applied);
      link.cutIfHoled();
    }
    await faultKind(applied.fault).end?.(applied.fault, this);
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#active].map((applied) => this.remove(applied)));
  }

  cut(how: CutHow = 'reset'): void {
    this.add({ fault: 'cut', how });
  }

  run(schedule: readonly ScheduleStep[]): ScheduleRun {
    const run = runSchedule(schedule, this, this.#options.world.timers);
    const forget = () => this.#runs.delete(run);
    this.#runs.add(run);
    void run.done.then(forget, forget);
    return run;
  }

  async stop(): Promise<void> {
    this.closePort();
    this.cutLinks('reset');
    await Promise.all([...this.#runs].map((run) => run.stop()));
  }

  cutLinks(how: CutHow): void {
    for (const link of this.#links.keys()) link.cut(how);
  }

  closePort(): void {
    this.#portClosed += 1;
    this.#server?.close();
    this.#server = undefined;
  }

  async openPort(): Promise<void> {
    this.#portClosed -= 1;
    if (this.#portClosed > 0) return;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(this.#cannotListen(cause)));
      server.once('close', resolve);
      server.listen(this.#port, this.host, resolve);
    });
    if (server.listening) this.#port = (server.address() as AddressInfo).port;
  }

  #accept(client: Socket): void {
    this.#counters.connections += 1;
    const number = this.#counters.connections;
    const link = new Link({
      client,
      target: this.#options.target,
      world: this.#options.world,
      meters: { up: this.#meter('up'), down: this.#meter('down') },
      stages: { up: this.#stages('up', number), down: this.#stages('down', number) },
      unreachable: (cause) => {
        this.#counters.unreachable += 1;
        this.#options.onUnreachable?.(cause);
      },
      closed: () => this.#links.delete(link),
    });
    this.#links.set(link, number);
  }

  #meter(direction: OneDirection) {
    const { passedBytes, swallowedBytes } = this.#counters;
    return {
      passed: (byteCount: number) => {
        passedBytes[direction] += byteCount;
      },
      swallowed: (byteCount: number) => {
        swallowedBytes[direction] += byteCount;
      },
    };
  }

  #stages(direction: OneDirection, connection: number): Map<AppliedFault, Stage> {
    const stages = new Map<AppliedFault, Stage>();
    for (const applied of this.#active) {
      const stage = this.#stage(applied, direction, connection);
      if (stage !== undefined) stages.set(applied, stage);
    }
    return stages;
  }

  /** A fault's stage for one direction of one connection; its chance depends on nothing but seed and place. */
  #stage({ fault, direction: where }: AppliedFault, direction: OneDirection, connection: number): Stage | undefined {
    if (where !== direction && where !== 'both') return undefined;
    const seed = this.seed + connection * directions.length + directions.indexOf(direction);
    return faultKind(fault).stage?.(fault, seededRandom(seed));
  }

  #cannotListen(cause: Error): PacketboatError {
    const inUse = 'code' in cause && cause.code === 'EADDRINUSE';
    const why = inUse ? 'another program uses the port' : cause.message;
    return new PacketboatError('unreachable', `Cannot listen on ${this.host}:${this.#port}: ${why}`, { cause });
  }
}
