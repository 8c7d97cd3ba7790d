import assert from 'node:assert/strict';
import type { Store } from '../store.ts';
import { streamNames, type TimeCommand } from './store_commands.ts';
import type { VirtualWorld } from './virtual_world.ts';

/** Lets time pass for two stores, and compares what they make of it: who has ended, and what was stored when. */
export class TimeComparison {
  readonly #virtual: VirtualWorld;
  readonly #startNs: bigint;

  constructor(virtual: VirtualWorld) {
    this.#virtual = virtual;
    this.#startNs = virtual.world.clock.wallNs();
  }

  async run(command: TimeCommand, oracle: Store, engine: Store): Promise<void> {
    const both = [oracle, engine];
    if (command.kind === 'touch') return touch(both, command.stream);
    if (command.kind === 'wait') {
      await this.#virtual.advance(command.ms);
      // Changes are made in order: when this one is answered, what has ended is deleted.
      for (const { log } of both) await log.close('nobody');
      return;
    }
    const timeNs = this.#startNs + BigInt(Math.round(Number(this.#passedNs) * command.at));
    const [expected, found] = [
      await oracle.log.offsetAtTime(command.stream, timeNs),
      await engine.log.offsetAtTime(command.stream, timeNs),
    ];
    const infos = await Promise.all(both.map(({ log }) => log.info(command.stream)));
    if (typeof expected === 'string' || typeof found === 'string') return assert.equal(found, expected);
    // Where a trim cut depends on the segments.
    const first = Math.max(...infos.map((info) => (typeof info === 'object' ? info.first : 0)));
    assert.equal(Math.max(found, first), Math.max(expected, first));
  }

  /** Both stores count from the start of the engine: it may not know the last use before it was closed. */
  reopened(oracle: Store, engine: Store): void {
    for (const stream of streamNames) touch([oracle, engine], stream);
  }

  get #passedNs(): bigint {
    return this.#virtual.world.clock.wallNs() - this.#startNs;
  }
}

function touch(stores: readonly Store[], stream: string): void {
  for (const { log } of stores) log.touch(stream);
}
