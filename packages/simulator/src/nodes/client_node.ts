import { type Client, connect, type SessionKeeper, type StatusEvent } from '@packetboat/client';
import { type ErrorCode, PacketboatError, type SessionIdentity } from '@packetboat/core';
import { Life } from '../kernel/life.ts';
import { Violation } from '../observation.ts';
import type { Simulation } from '../simulation.ts';

/** Time after which a person or a supervisor starts a program again. */
const restartMs = 500;

/** What a final error of the SDK says about the server. Any other one is a failure of the run as such. */
const meaning: Partial<Record<ErrorCode, string>> = {
  wrongStore: 'I1',
  dataLossDetected: 'I1',
  sequenceReused: 'I2',
  sequenceGap: 'I3',
  offsetConflict: 'I4',
  cursorAhead: 'I5',
  cursorRegressed: 'I5',
  badFrame: 'I9',
};

/** Errors that damage, on the way or on the disk, may end in: the program is started again. Whether there was any, judges say. */
const damageCodes: ReadonlySet<ErrorCode> = new Set(['checksumMismatch', 'badBatch', 'damaged', 'tooLarge']);

/** One running process. */
interface Process {
  readonly life: Life;
  readonly name: string;
  readonly stopping: AbortController;
}

/** A client program: the real SDK over the simulated network. Each life runs `main` once, until it ends or dies. */
export abstract class ClientNode {
  readonly name: string;
  protected readonly simulation: Simulation;
  readonly #servers: readonly string[];
  readonly #keepsSession: boolean;
  /** Oldest first; more than one while somebody has started a second one by mistake. */
  readonly #processes = new Set<Process>();
  /** What it keeps of its session for its next life, if it does. */
  #identity: SessionIdentity | undefined;
  #lives = 0;
  #finished = false;
  #stopped = false;

  /**
   * @param servers Where its lives go, one after the other, and then from the first again.
   * @param keepsSession Whether its next life goes on in the session of the one before. @default false
   */
  constructor(simulation: Simulation, name: string, servers: readonly string[], keepsSession = false) {
    this.simulation = simulation;
    this.name = name;
    this.#servers = servers;
    this.#keepsSession = keepsSession;
  }

  /** Whether `main` came to its end, and no other life goes on. */
  get finished(): boolean {
    return this.#finished && this.#processes.size === 0;
  }

  /** Name of its oldest process that runs. */
  get oldest(): string | undefined {
    const [process] = this.#processes;
    return process?.name;
  }

  /** Starts a life; the one before it may still be there. */
  start(): void {
    if (this.#finished || this.#stopped) return;
    const { timeline, dice, clocks } = this.simulation;
    this.#lives += 1;
    const name = `${this.name} ${this.#lives}`;
    const life = new Life(timeline, dice.fork(name), clocks.client);
    const process: Process = { life, name, stopping: new AbortController() };
    this.#processes.add(process);
    void this.#run(process, this.#lives);
  }

  /** The oldest process dies; with `silently` its machine does, and the server is not told. */
  crash(silently = false): void {
    const [process] = this.#processes;
    if (process === undefined) return;
    const { network, journal, sometimes } = this.simulation;
    this.#end(process);
    for (const connection of network.connections) {
      if (connection.client === process.name) connection.clientDied(silently);
    }
    this.died(silently);
    journal.note(process.name, 'dies');
    sometimes.note('clientCrashed');
  }

  /** Ends it for good, as its user would. */
  stop(): void {
    this.#stopped = true;
    for (const { stopping } of this.#processes) stopping.abort();
  }

  /**
   * What the program does.
   *
   * @param life Whether it still counts.
   * @param run Its number, from 1.
   */
  protected abstract main(client: Client, life: Life, run: number): Promise<void>;

  /**
   * Errors in which one of its lives may end because of another. A hello of an earlier life may have been on its way when
   * that died, and take over the session that they share.
   */
  protected get fences(): ReadonlySet<ErrorCode> {
    return new Set(this.#keepsSession ? ['takenOver'] : []);
  }

  /** Its machine, or the process alone, is gone: what was not on a disk is. */
  protected died(_silently: boolean): void {}

  async #run(process: Process, run: number): Promise<void> {
    const { network, options, limits } = this.simulation;
    const { life, name, stopping } = process;
    try {
      const server = this.#servers[(run - 1) % this.#servers.length] ?? '';
      const client = await connect(`http://${server}:8000`, {
        client: name,
        world: life.world,
        limits,
        webSocket: network.webSocketOf(name, life),
        backoff: options.backoff,
        signal: stopping.signal,
        ...(this.#keepsSession && { session: this.#keeperOf(life) }),
        onStatus: (change) => this.#statusChanged(name, change),
      });
      await this.main(client, life, run);
      if (!life.alive) return;
      this.#finished = true;
      await client.close();
      this.#processes.delete(process);
    } catch (error) {
      if (!life.alive) return;
      // Its user has ended it, and it says so.
      const ended = this.#stopped && error instanceof PacketboatError && error.code === 'aborted';
      if (!ended) this.#failed(process, error as Error);
    }
  }

  #statusChanged(name: string, { status, reason }: StatusEvent): void {
    const { simulation } = this;
    simulation.journal.note(name, `${status} ${reason?.code ?? ''}`);
    if (status !== 'waiting' || reason === undefined) return;
    simulation.observe('linkEnded', { client: name, code: reason.code });
    // A defect of ours, which another link would hide.
    if (reason.code === 'internal') simulation.fail(reason);
  }

  #keeperOf(life: Life): SessionKeeper {
    return {
      load: async () => this.#identity,
      save: async (identity) => {
        if (life.alive) this.#identity = identity;
      },
    };
  }

  #failed(process: Process, error: Error): void {
    const { simulation } = this;
    const code = error instanceof PacketboatError ? error.code : undefined;
    simulation.journal.note(process.name, `ends with ${code}: ${error.message}`);
    if (code !== undefined) simulation.observe('programFailed', { client: process.name, code });
    if (code !== undefined && this.#lives > 1 && this.fences.has(code)) {
      simulation.sometimes.note('fenceHit');
    } else if (code !== undefined && damageCodes.has(code)) {
      simulation.sometimes.note('damageFound');
    } else {
      const invariant = code === undefined ? undefined : meaning[code];
      simulation.fail(invariant === undefined ? error : new Violation(invariant, `${process.name}: ${error.message}`));
      return;
    }
    this.died(false);
    this.#end(process);
    process.stopping.abort();
  }

  #end(process: Process): void {
    this.#processes.delete(process);
    process.life.end();
    if (this.#processes.size === 0) this.simulation.timeline.after(restartMs, () => this.#startIfNone());
  }

  #startIfNone(): void {
    if (this.#processes.size === 0) this.start();
  }
}
