import type { Client } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import type { Life } from '../kernel/life.ts';
import type { Simulation } from '../simulation.ts';
import { ClientNode } from './client_node.ts';
import { mayPass } from './ensure_stream.ts';
import { wait } from './wait.ts';

/** What an {@linkcode OperatorNode} does. */
export interface OperatorWork {
  readonly streams: readonly string[];
  /** Things it does, and the mean time between them. */
  readonly deeds: number;
  readonly pauseMs: number;
}

/** Trims streams, forks them, and deletes the forks. */
export class OperatorNode extends ClientNode {
  readonly #work: OperatorWork;
  readonly #forks: string[] = [];
  #done = 0;

  constructor(simulation: Simulation, name: string, servers: readonly string[], work: OperatorWork) {
    super(simulation, name, servers);
    this.#work = work;
  }

  protected override async main(client: Client, life: Life, run: number): Promise<void> {
    const { deeds, pauseMs } = this.#work;
    const dice = this.simulation.dice.fork(`${this.name} work ${run}`);
    while (this.#done < deeds) {
      await wait(life.world.timers, 2 * pauseMs * dice.fraction());
      if (!life.alive) return;
      this.#done += 1;
      try {
        await this.#act(client, dice.pick(['trim', 'fork', 'delete']), dice.integer(0, 1_000), dice.fraction());
      } catch (error) {
        // Whether it took effect is not known, or there was nothing to act on: both are as good.
        if (!mayPass(error) && !isAbsence(error)) throw error;
      }
    }
  }

  async #act(client: Client, deed: 'trim' | 'fork' | 'delete', which: number, part: number): Promise<void> {
    const { simulation } = this;
    const source = this.#work.streams[which % this.#work.streams.length] ?? '';
    if (deed === 'delete') {
      const fork = this.#forks.shift();
      if (fork === undefined) return;
      await client.streams.delete(fork);
      simulation.sometimes.note('streamDeleted');
      return;
    }
    const { first, tail } = await client.streams.info(source);
    const offset = first + Math.floor((tail - first) * part);
    if (deed === 'trim') {
      simulation.observe('trimming', { stream: source, before: offset });
      await client.streams.trim(source, offset);
      return;
    }
    const stream = `fork-${this.#done}`;
    simulation.observe('forked', { stream, source, offset });
    await client.streams.create(stream, { fork: { stream: source, offset } });
    this.#forks.push(stream);
    simulation.sometimes.note('streamForked');
  }
}

function isAbsence(error: unknown): boolean {
  const codes = ['notFound', 'gone', 'softDeleted', 'forkSourceNotFound', 'forkOffsetInvalid'];
  return error instanceof PacketboatError && codes.includes(error.code);
}
