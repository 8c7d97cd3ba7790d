import { Broker, Connection } from '@packetboat/server';
import { Life } from '../kernel/life.ts';
import type { SimConnection, ServerEnd } from '../network/connection.ts';
import type { Simulation } from '../simulation.ts';
import type { ServerLife, ServerSide } from '../seams.ts';
import { ConnectionWatch } from './connection_watch.ts';
import type { Storage } from './storage.ts';

/** Time a supervisor waits before it starts a server again. */
const restartMs = 1_000;
/** Timers that come later: one sweeps the answers of calls, one renews the lease of a server that is not alone. */
const sweepTimers = 1;
const leaseTimers = 1;
const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

interface Running {
  readonly life: Life;
  readonly broker: Broker;
  readonly connections: Set<SimConnection>;
  /** Timers that run while nobody is connected. */
  ownTimers: number;
}

/** A server process: the real broker and the real connections over a storage. */
export class ServerNode {
  readonly name: string;
  readonly storage: Storage;
  readonly #simulation: Simulation;
  #running: Running | undefined;
  #lives = 0;

  constructor(simulation: Simulation, name: string, storage: Storage) {
    this.#simulation = simulation;
    this.name = name;
    this.storage = storage;
    this.start();
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** What it holds of its clients. */
  get held(): Readonly<Record<string, number>> {
    if (this.#running === undefined) return { 'servers that do not run': 1 };
    const { broker, life, connections, ownTimers } = this.#running;
    return {
      connections: broker.connections.size + connections.size,
      appends: broker.backlog.appends,
      'claims of epochs': broker.claims.size,
      sessions: broker.sessions.size,
      subscriptions: broker.feeds.subscriptionCount,
      'sequences that are sent': broker.sequences.running,
      timers: life.pendingTimers - ownTimers,
    };
  }

  start(): void {
    if (this.#running !== undefined) return;
    const { timeline, dice, network, clocks, seams } = this.#simulation;
    const limits = seams.limits?.(this.#simulation.limits) ?? this.#simulation.limits;
    this.#lives += 1;
    const life = new Life(timeline, dice.fork(`${this.name} ${this.#lives}`), clocks.server);
    const attached = this.storage.attach(life, () => this.#running !== undefined && this.#end(this.#running, true));
    if (attached === undefined) return this.#startLater();
    const serverLife: ServerLife = { world: life.world, limits };
    const store = seams.store?.(attached, serverLife) ?? attached;
    const broker = new Broker({ store, world: life.world, limits, log: silentLog });
    const running: Running = { life, broker, connections: new Set(), ownTimers: 0 };
    running.ownTimers = life.pendingTimers + sweepTimers + (this.storage.shared ? leaseTimers : 0);
    this.#running = running;
    void broker.failed.then(() => this.#end(running, false));
    network.listen(this.name, (connection) => this.#accept(running, serverLife, connection));
    this.#simulation.journal.note(this.name, 'serves');
    const { server } = broker.sessions;
    const atMs = life.world.clock.monotonicMs();
    this.#simulation.observe('serverStarted', { server, atMs, alone: !this.storage.shared });
  }

  /** The process dies; with `silently` the machine does, and no peer is told. */
  crash(silently = false): void {
    if (this.#running === undefined) return;
    // A storage of its own stands in the same machine.
    if (silently && !this.storage.shared && this.storage.store !== undefined) this.storage.crash();
    else this.#end(this.#running, silently);
  }

  #accept({ life, broker, connections }: Running, serverLife: ServerLife, connection: SimConnection): ServerEnd {
    const { seams } = this.#simulation;
    const watched = { name: this.name, life: broker.sessions.server };
    const watch = new ConnectionWatch(this.#simulation, watched, this.storage, connection);
    const side: ServerSide = { broker, life: serverLife, link: watch.link };
    const serverSide = new Connection(broker, seams.link?.(side) ?? side.link);
    connections.add(connection);
    const end: ServerEnd = {
      text: (text) => {
        serverSide.heard(text.length);
        serverSide.receiveText(text);
      },
      binary: (bytes) => {
        serverSide.heard(bytes.length);
        serverSide.receiveBinary(bytes);
      },
      gone: () => serverSide.linkClosed(),
    };
    const seamed = watch.end(seams.serverEnd?.(end, side) ?? end);
    const ifAlive = (run: () => void) => {
      if (life.alive) run();
    };
    return {
      text: (text) => ifAlive(() => seamed.text(text)),
      binary: (bytes) => ifAlive(() => seamed.binary(bytes)),
      gone: () => {
        connections.delete(connection);
        ifAlive(() => seamed.gone());
      },
    };
  }

  #end(running: Running, silently: boolean): void {
    if (this.#running !== running) return;
    const { network, journal } = this.#simulation;
    this.#running = undefined;
    running.life.end();
    this.#simulation.observe('serverEnded', { server: running.broker.sessions.server });
    this.storage.detach(running.life);
    network.unlisten(this.name);
    for (const connection of running.connections) connection.serverDied(silently);
    journal.note(this.name, silently ? 'loses its power' : 'dies');
    this.#startLater();
  }

  #startLater(): void {
    this.#simulation.timeline.after(restartMs, () => this.start());
  }
}
