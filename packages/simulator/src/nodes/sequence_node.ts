import type { Client } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import type { Life } from '../kernel/life.ts';
import type { Simulation } from '../simulation.ts';
import { ClientNode } from './client_node.ts';

/** What a {@linkcode SequenceNode} does. */
export interface SequenceWork {
  readonly numbers: number;
  readonly tickMs: number;
}

/** Receives one sequence of numbers. What came is on its disk: its next life goes on behind it, in the same session. */
export class SequenceNode extends ClientNode {
  readonly #work: SequenceWork;
  #received: number[] = [];
  /** Both sides have compared: the server may have forgotten it. */
  #compared = false;

  constructor(simulation: Simulation, name: string, servers: readonly string[], work: SequenceWork) {
    super(simulation, name, servers, true);
    this.#work = work;
  }

  protected override async main(client: Client, life: Life): Promise<void> {
    while (life.alive && !this.#compared) {
      try {
        await this.#receive(client, life);
      } catch (error) {
        if (!(error instanceof PacketboatError) || error.code !== 'expired') throw error;
        // Its session was away for too long, and with it went the sequence: it begins anew.
        this.#received = [];
      }
    }
  }

  async #receive(client: Client, life: Life): Promise<void> {
    const { simulation, name } = this;
    const { numbers: n, tickMs } = this.#work;
    const sequence = client.sequence({ n, tickMs, received: this.#received });
    if (this.#received.length > 0) simulation.sometimes.note('sequenceGoesOn');
    for await (const { value } of sequence) {
      if (!life.alive) return;
      this.#received.push(value);
    }
    const { count, equal } = await sequence.result;
    if (!life.alive) return;
    simulation.observe('sequenceCompared', { client: name, wanted: n, count, equal });
    this.#compared = true;
    await sequence.ended;
  }
}
