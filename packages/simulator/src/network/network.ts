import type { WebSocketConstructor } from '@packetboat/client';
import {
  actsOn,
  type AppliedFault,
  type Fault,
  type FaultKind,
  type FaultPlace,
  type FaultTarget,
  faultTable,
  type OneDirection,
  type ScheduleTarget,
  seededRandom,
  type Sight,
} from '@packetboat/proxy';
import type { Journal } from '../kernel/journal.ts';
import type { Life } from '../kernel/life.ts';
import type { Timeline } from '../kernel/timeline.ts';
import type { Observation } from '../observation.ts';
import { SimConnection, type ServerEnd } from './connection.ts';
import { SimWebSocket } from './sim_web_socket.ts';

/** What listens: takes a connection. */
export type Accept = (connection: SimConnection) => ServerEnd;

/** What a {@linkcode Network} needs. */
export interface NetworkOptions {
  readonly seed: number;
  readonly timeline: Timeline;
  readonly journal: Journal;
  /** A connection ended while a frame in parts was on its way. */
  readonly cutInFrame: () => void;
  /** A frame arrives damaged. */
  readonly frameDamaged: (what: Observation['frameDamaged']) => void;
}

/** A fault that acts, and what ends it. */
interface Acting extends AppliedFault {
  end: (() => void | Promise<void>) | undefined;
}

/** Time that a connection attempt takes. */
const connectMs = 0.1;

/**
 * All links of a simulation, broken by the proxy's own faults. Servers listen at a host name, clients get a class of
 * WebSockets that leads there. Connections are numbered as a proxy numbers them, so that a schedule means the same here
 * and there.
 */
export class Network implements ScheduleTarget<Fault> {
  readonly #options: NetworkOptions;
  readonly #listeners = new Map<string, Accept>();
  readonly #connections = new Set<SimConnection>();
  readonly #faults = new Map<string, Acting>();
  readonly #sightListeners = new Set<(sight: Sight) => void>();
  readonly #gates = new Set<(enter: () => void) => void>();
  /** Clients that hear nothing and are not heard. */
  readonly #isolated = new Set<string>();
  #connectionsMade = 0;
  #faultsMade = 0;
  /** How many faults have closed the port. */
  #closedBy = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Connections that at least one end believes in, oldest first. */
  get connections(): readonly SimConnection[] {
    return [...this.#connections];
  }

  listen(host: string, accept: Accept): void {
    this.#listeners.set(host, accept);
  }

  /** Nobody listens there any more: attempts are refused. */
  unlisten(host: string): void {
    this.#listeners.delete(host);
  }

  /** WebSockets of one client's life. */
  webSocketOf(client: string, life: Life): WebSocketConstructor {
    const connect = (url: string, socket: SimWebSocket) => this.#connect(client, life, new URL(url).hostname, socket);
    return class extends SimWebSocket {
      constructor(url: string, _protocol: string) {
        super();
        this.connection = connect(url, this);
      }
    };
  }

  /** Nothing passes to or from a client, present connections and new ones, until the returned function is called. */
  isolate(client: string): () => void {
    const name = `isolated ${client}`;
    const theirs = () => this.connections.filter((connection) => connection.client === client);
    this.#isolated.add(client);
    for (const connection of theirs()) blackHole(connection, name);
    return () => {
      this.#isolated.delete(client);
      for (const connection of theirs()) connection.removeStages(name);
      for (const connection of theirs()) connection.cutIfHoled();
    };
  }

  add(fault: Fault, options: FaultPlace & { readonly name?: string }): Acting {
    const name = options.name ?? `${fault.fault}_${++this.#faultsMade}`;
    const acting: Acting = { ...options, name, fault, end: undefined };
    this.#faults.set(name, acting);
    acting.end = kindOf(fault).begin?.(fault, this.#targetOf(acting));
    for (const connection of this.#connections) this.#apply(acting, connection);
    return acting;
  }

  async remove({ name }: { readonly name: string }): Promise<void> {
    const acting = this.#faults.get(name);
    if (acting === undefined) return;
    this.#faults.delete(name);
    for (const connection of this.#connections) connection.removeStages(name);
    for (const connection of this.#connections) connection.cutIfHoled();
    await acting.end?.();
  }

  onSight(listener: (sight: Sight) => void): () => void {
    this.#sightListeners.add(listener);
    return () => this.#sightListeners.delete(listener);
  }

  #connect(client: string, life: Life, host: string, socket: SimWebSocket): SimConnection {
    const { timeline, journal, cutInFrame, frameDamaged } = this.#options;
    const number = ++this.#connectionsMade;
    const ifAlive = <Args extends unknown[]>(run: (...args: Args) => void) => {
      return (...args: Args) => {
        if (life.alive) run(...args);
      };
    };
    const connection = new SimConnection({
      number,
      client,
      timeline,
      damaged: (direction, whole) => frameDamaged({ client, connection: number, direction, whole }),
      sighted: (what) => this.#sighted({ what, connection: number }),
      closed: () => {
        this.#connections.delete(connection);
        this.#sighted({ what: 'disconnected', connection: number });
      },
      cutInFrame,
      clientEnd: {
        opened: ifAlive(() => socket.emit('open', {})),
        text: ifAlive((text) => socket.emit('message', { data: text })),
        binary: ifAlive((bytes) => socket.emit('message', { data: bytes.slice().buffer })),
        closed: ifAlive((code, reason) => socket.emit('close', { code, reason })),
      },
    });
    this.#connections.add(connection);
    timeline.after(connectMs, () => {
      if (!connection.open) return;
      if (this.#closedBy > 0) return connection.cut();
      this.#sighted({ what: 'connected', connection: number });
      for (const acting of this.#faults.values()) this.#apply(acting, connection);
      if (this.#isolated.has(client)) blackHole(connection, `isolated ${client}`);
      this.#admitted(() => {
        const accept = this.#listeners.get(host);
        if (accept === undefined || !connection.open) return connection.cut();
        const { up, down } = connection.wires;
        // A black hole hides that anybody came.
        if (up.swallows === 'everything' || down.swallows === 'everything') return up.lose();
        journal.note(client, `connects to ${host} as number ${number}`);
        return connection.accepted(accept(connection));
      });
    });
    return connection;
  }

  /** Lets `enter` run when every gate has opened. */
  #admitted(enter: () => void): void {
    let run = enter;
    for (const gate of this.#gates) {
      const next = run;
      run = () => gate(next);
    }
    run();
  }

  #apply(acting: Acting, connection: SimConnection): void {
    const { stage } = kindOf(acting.fault);
    const { seed } = this.#options;
    if (stage === undefined || !connection.open || !actsOn(acting, connection.number, seed)) return;
    const { direction: where = 'both', name, fault } = acting;
    const directions: readonly OneDirection[] = where === 'both' ? ['up', 'down'] : [where];
    for (const direction of directions) {
      const random = seededRandom(seed, name, connection.number, direction);
      connection.addStage(name, direction, stage(fault, { direction, random }));
    }
  }

  #targetOf(acting: Acting): FaultTarget {
    const { timeline, seed } = this.#options;
    return {
      timers: timeline,
      cutLinks: (how) => {
        for (const connection of this.connections) {
          if (actsOn(acting, connection.number, seed)) connection.cut(how);
        }
      },
      closePort: () => {
        this.#closedBy += 1;
      },
      openPort: async () => {
        this.#closedBy -= 1;
      },
      admit: (gate) => {
        this.#gates.add(gate);
        return () => this.#gates.delete(gate);
      },
    };
  }

  #sighted(sight: Sight): void {
    // Each may end itself, and begin others, which hear of what comes next.
    for (const listener of Array.from(this.#sightListeners)) listener(sight);
  }
}

function blackHole(connection: SimConnection, name: string): void {
  connection.addStage(name, 'up', { swallows: 'everything' });
  connection.addStage(name, 'down', { swallows: 'everything' });
}

function kindOf(fault: Fault): FaultKind<Fault> {
  return faultTable[fault.fault] as FaultKind<Fault>;
}
