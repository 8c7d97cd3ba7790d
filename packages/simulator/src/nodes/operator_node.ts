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

interface Deed {
  readonly deed: 'trim' | 'fork' | 'delete';
  /** Which stream, counted round, and how far into it. */
  readonly which: number;
  readonly part: number;
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
        const deed = dice.pick(['trim', 'fork', 'delete'] as const);
        await this.#act(client, life, { deed, which: dice.integer(0, 1_000), part: dice.fraction() });
      } catch (error) {
        // Whether it took effect is not known, or there was nothing to act on: both are as good.
        if (!mayPass(error) && !isTooEarly(error)) throw error;
      }
    }
  }

  async #act(client: Client, life: Life, { deed, which, part }: Deed): Promise<void> {
    const { simulation } = this;
    const source = this.#work.streams[which % this.#work.streams.length] ?? '';
    if (deed === 'delete') {
      const fork = this.#forks.shift();
      if (fork === undefined) return;
      simulation.observe('deleting', { stream: fork });
      await client.streams.delete(fork).catch(unlessDone);
      if (!life.alive) return;
      simulation.observe('deleted', { stream: fork });
      simulation.sometimes.note('streamDeleted');
      return;
    }
    const { first, tail } = await client.streams.info(source);
    const offset = first + Math.floor((tail - first) * part);
    if (deed === 'trim') {
      simulation.observe('trimming', { stream: source, before: offset });
      const info = await client.streams.trim(source, offset);
      if (life.alive) simulation.observe('trimmed', { stream: source, first: info.first });
      return;
    }
    const stream = `fork-${this.#done}`;
    simulation.observe('forked', { stream, source, offset });
    await client.streams.create(stream, { fork: { stream: source, offset } });
    if (!life.alive) return;
    simulation.observe('forkMade', { stream });
    this.#forks.push(stream);
    simulation.sometimes.note('streamForked');
  }
}

/** A server that died between the deletion and the keeping of its answer does it again, and finds nothing. */
function unlessDone(error: unknown): void {
  if (!(error instanceof PacketboatError) || error.code !== 'gone') throw error;
}

/** The stream is not there yet; or retention took the point of a fork between the question and the wish. */
function isTooEarly(error: unknown): boolean {
  const codes = ['notFound', 'forkSourceNotFound', 'forkOffsetInvalid'];
  return error instanceof PacketboatError && codes.includes(error.code);
}
