import type { Socket } from 'node:net';
import { PacketboatError, type Timer, type Timers } from '@packetboat/core';
import { socketsPossible } from '@packetboat/core/open-files';
import { sameEndpoint } from './address.ts';
import { actsOn, type AppliedFault, checkPlace, type FaultPlace } from './applied_fault.ts';
import { checkFault } from './check_fault.ts';
import { checkTarget } from './check_target.ts';
import { Counters } from './counters.ts';
import type { CutHow, FaultTarget, OneDirection } from './fault_kind.ts';
import { type Fault, faultKind, faultTable } from './fault_table.ts';
import { Link } from './link.ts';
import type { ScheduleStep } from './parse_schedule.ts';
import { PortListener } from './port_listener.ts';
import type { AddOptions, EndCause, Endpoint, Proxy, ProxyCounters, ProxyEvent, ProxyOptions } from './proxy.ts';
import { runSchedule, type ScheduleRun } from './run_schedule.ts';
import { seededRandom } from './seeded_random.ts';
import { SessionWatcher } from './session_watcher.ts';
import type { Sight } from './watcher.ts';

/**
 * Starts a proxy from `listen` to `target`. Nothing is wrong with its links until a fault is added.
 *
 * @throws {PacketboatError} `badRequest` when `target` leads back to `listen`, `unreachable` when it cannot listen there.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  await checkTarget(options.target, options.listen);
  const proxy = new FaultyProxy(options);
  await proxy.enable();
  return proxy;
}

const directions: readonly OneDirection[] = ['up', 'down'];
/** How often links are looked at that wait for one of their sides. */
const inspectEveryMs = 10_000;

type Gate = (enter: () => void) => void;

/** A fault that acts, and what ends it beside its stages. */
interface Active {
  readonly applied: AppliedFault;
  readonly end: (() => void | Promise<void>) | undefined;
}

class FaultyProxy implements Proxy {
  readonly seed: number;
  target: Endpoint;
  readonly #options: ProxyOptions;
  readonly #timers: Timers;
  readonly #active = new Map<string, Active>();
  readonly #links = new Set<Link>();
  readonly #gates = new Set<Gate>();
  readonly #runs = new Set<ScheduleRun>();
  readonly #listeners = new Set<(sight: Sight) => void>();
  readonly #counters = new Counters();
  readonly #listener: PortListener;
  #enabled = false;
  /** Called when the last link is gone after `stop`. */
  #emptied: (() => void) | undefined;
  #inspection: Timer | undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.target = options.target;
    this.#timers = options.world.timers;
    this.#listener = new PortListener(options.listen, {
      // Each has a socket on either side.
      connectionsMax: Math.max(1, Math.trunc(socketsPossible() / 2)),
      accept: (client) => this.#accept(client),
      refused: (connectionsMax) => this.#refused(connectionsMax),
    });
    this.seed = options.seed ?? Math.trunc(options.world.random.fraction() * 2 ** 32);
  }

  get host(): string {
    return this.#listener.host;
  }

  get port(): number {
    return this.#listener.port;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get faults(): readonly AppliedFault[] {
    return [...this.#active.values()].map(({ applied }) => applied);
  }

  get counters(): ProxyCounters {
    const heldBytes = { up: 0, down: 0 };
    for (const { pipes } of this.#links) {
      for (const direction of directions) heldBytes[direction] += pipes[direction].heldBytes;
    }
    return this.#counters.snapshot(this.#links.size, heldBytes);
  }

  add(fault: Fault, options: AddOptions = {}): AppliedFault {
    const { name, ...place } = options;
    checkFault({ ...fault }, faultTable, 'add');
    checkPlace(place, faultKind(fault), 'add');
    if (name !== undefined && this.#active.has(name)) throw new PacketboatError('exists', `There is a fault "${name}"`);
    const nth = this.#counters.faultBegan(fault.fault);
    const applied: AppliedFault = { name: name ?? `${fault.fault}_${nth}`, fault, ...place };
    this.#begin(applied);
    return applied;
  }

  async change(applied: AppliedFault, fault: Fault, place: Pick<FaultPlace, 'toxicity'> = {}): Promise<AppliedFault> {
    checkFault({ ...fault }, faultTable, 'change');
    checkPlace(place, faultKind(fault), 'change');
    const changed: AppliedFault = { ...applied, fault, ...place };
    await this.#end(applied.name, () => this.#begin(changed));
    return changed;
  }

  async remove({ name }: Pick<AppliedFault, 'name'>): Promise<void> {
    await this.#end(name, () => {});
  }

  async clear(): Promise<void> {
    await Promise.all(this.faults.map((applied) => this.remove(applied)));
  }

  cut(how: CutHow = 'reset'): void {
    this.add({ fault: 'cut', how });
  }

  disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    this.#listener.close();
    this.#cutLinks('reset', 'cut');
  }

  async enable(): Promise<void> {
    if (this.#enabled) return;
    await this.#listener.open();
    this.#enabled = true;
  }

  async move(listen: Endpoint, target: Endpoint): Promise<void> {
    await checkTarget(target, listen);
    if (!sameEndpoint(listen, this)) await this.#listener.move(listen);
    this.target = target;
    this.#cutLinks('reset', 'cut');
  }

  run(schedule: readonly ScheduleStep[]): ScheduleRun {
    const run = runSchedule(schedule, this, this.#timers, (trigger) => this.#tell({ event: 'triggered', ...trigger }));
    const forget = () => this.#runs.delete(run);
    this.#runs.add(run);
    // One of which a step failed goes on with the others.
    void run.done.then(forget, () => {});
    return run;
  }

  onSight(listener: (sight: Sight) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    const empty = Promise.withResolvers<void>();
    this.#emptied = empty.resolve;
    this.#listener.close();
    this.#cutLinks('reset', 'stopped');
    if (this.#links.size === 0) empty.resolve();
    await empty.promise;
    this.#inspection?.cancel();
    await Promise.all([...this.#runs].map((run) => run.stop()));
    await this.clear();
  }

  #begin(applied: AppliedFault): void {
    const kind = faultKind(applied.fault);
    this.#tell({ event: 'faultBegan', ...applied });
    for (const link of this.#links) this.#addStages(applied, link);
    const end = kind.begin?.(applied.fault, this.#targetOf(applied));
    if (kind.once !== true) this.#active.set(applied.name, { applied, end });
  }

  /** Ends a fault and begins what replaces it, before anybody may notice that it is gone. */
  async #end(name: string, replace: () => void): Promise<void> {
    const active = this.#active.get(name);
    if (active === undefined) return;
    this.#active.delete(name);
    this.#tell({ event: 'faultEnded', ...active.applied });
    for (const link of this.#links) link.removeStages(name);
    const ended = active.end?.();
    replace();
    for (const link of this.#links) link.cutIfHoled();
    try {
      await ended;
    } catch (error) {
      // It goes on, and may be ended again.
      this.#active.set(name, active);
      throw error;
    }
  }

  #targetOf(applied: AppliedFault): FaultTarget {
    return {
      timers: this.#timers,
      cutLinks: (how) => this.#cutLinks(how, 'cut', applied),
      closePort: () => this.#listener.close(),
      openPort: () => this.#listener.open(),
      admit: (gate) => {
        this.#gates.add(gate);
        return () => this.#gates.delete(gate);
      },
    };
  }

  /** @param applied The fault that cuts them. @default all are cut */
  #cutLinks(how: CutHow, cause: EndCause, applied?: AppliedFault): void {
    for (const link of this.#links) {
      if (applied === undefined || actsOn(applied, link.number, this.seed)) link.cut(how, cause);
    }
  }

  #accept(client: Socket): void {
    this.#counters.connections += 1;
    const connection = this.#counters.connections;
    const link = new Link({
      number: connection,
      client,
      target: this.target,
      world: this.#options.world,
      watcher: this.#listeners.size > 0 ? new SessionWatcher() : undefined,
      sighted: (what) => this.#sight({ what, connection }),
      passed: (direction, byteCount) => {
        this.#counters.passedBytes[direction] += byteCount;
      },
      swallowed: (direction, byteCount) => {
        this.#counters.swallowedBytes[direction] += byteCount;
      },
      closed: (cause, why) => this.#linkClosed(link, cause, why),
    });
    this.#links.add(link);
    for (const { applied } of this.#active.values()) this.#addStages(applied, link);
    const { remoteAddress = '', remotePort = 0 } = client;
    this.#tell({ event: 'connected', connection, from: `${remoteAddress}:${remotePort}` });
    this.#sight({ what: 'connected', connection });
    this.#inspection ??= this.#timers.after(inspectEveryMs, () => this.#inspect());
    const enter = () => link.enter();
    [...this.#gates].reduceRight<() => void>((next, gate) => () => gate(next), enter)();
  }

  #refused(connectionsMax: number): void {
    this.#counters.refused += 1;
    this.#tell({ event: 'refused', connectionsMax });
  }

  #linkClosed(link: Link, cause: EndCause, why: Error | undefined): void {
    this.#links.delete(link);
    this.#counters.ended(cause);
    const connection = link.number;
    this.#tell({
      event: 'disconnected',
      connection,
      cause,
      ...(why !== undefined && { why: why.message }),
      lastedMs: Math.round(this.#options.world.clock.monotonicMs() - link.bornMs),
      upBytes: link.pipes.up.passedBytes,
      downBytes: link.pipes.down.passedBytes,
    });
    this.#sight({ what: 'disconnected', connection });
    if (this.#links.size === 0) this.#emptied?.();
  }

  #inspect(): void {
    this.#inspection = undefined;
    for (const link of this.#links) link.inspect();
    if (this.#links.size > 0) this.#inspection = this.#timers.after(inspectEveryMs, () => this.#inspect());
  }

  /** A fault's stages on one link; their chance depends on nothing but seed, fault and place. */
  #addStages(applied: AppliedFault, link: Link): void {
    const { name, fault, direction: where = 'both' } = applied;
    const { stage } = faultKind(fault);
    if (stage === undefined || !actsOn(applied, link.number, this.seed)) return;
    for (const direction of directions) {
      if (where !== direction && where !== 'both') continue;
      const random = seededRandom(this.seed, name, link.number, direction);
      link.addStage(name, direction, stage(fault, { direction, random }));
    }
  }

  #tell(event: ProxyEvent): void {
    this.#options.onEvent?.(event);
  }

  #sight(sight: Sight): void {
    for (const listener of this.#listeners) listener(sight);
  }
}
