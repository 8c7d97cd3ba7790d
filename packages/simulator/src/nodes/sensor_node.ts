import { sensorStream, type Source, startSensor, startShipper } from '@packetboat/agent';
import type { Client } from '@packetboat/client';
import type { Life } from '../kernel/life.ts';
import type { Simulation } from '../simulation.ts';
import { ClientNode } from './client_node.ts';
import { MemorySpool, SpoolDisk } from './memory_spool.ts';

/** What a {@linkcode SensorNode} does. */
export interface SensorWork {
  /** Samples it takes over all its lives. */
  readonly samples: number;
  readonly intervalMs: number;
  /** Samples that its spool takes, and what happens then. */
  readonly spoolSamplesMax: number;
  readonly whenFull: 'block' | 'gap';
}

/** A machine at the edge: the agent's sensor and shipper over a spool. Its source counts from 0. */
export class SensorNode extends ClientNode {
  readonly stream: string;
  readonly #work: SensorWork;
  readonly #disk: SpoolDisk;

  constructor(simulation: Simulation, name: string, servers: readonly string[], work: SensorWork) {
    super(simulation, name, servers);
    this.#work = work;
    this.stream = sensorStream(name);
    this.#disk = new SpoolDisk(name, this.stream);
  }

  protected override async main(client: Client, life: Life): Promise<void> {
    const { simulation, name, stream } = this;
    const { intervalMs, spoolSamplesMax: samplesMax, whenFull } = this.#work;
    const { world } = life;
    const handle = new MemorySpool({
      disk: this.#disk,
      life,
      samplesMax,
      whenFull,
      syncMs: simulation.options.commitMs,
    });
    const spool = simulation.seams.spool?.(handle) ?? handle;
    const onStored = (line: string) => {
      if (life.alive) simulation.observe('spooled', { stream, number: Number(line.split(' ')[1]), line });
    };
    const source = this.#source(life);
    const deadLetterPath = 'no sample of a simulated source is ever rejected';
    const sensor = startSensor({ name, source, spool, world, deadLetterPath, intervalMs, onStored });
    const shipper = startShipper({ name, spool, client, world, limits: simulation.limits });
    await Promise.race([sensor.done, shipper.done]);
    await shipper.drained();
    if (!life.alive) return;
    if (shipper.counts.duplicates > 0) simulation.sometimes.note('spoolSentAgain');
    await shipper.stop();
  }

  protected override died(silently: boolean): void {
    if (silently) this.#disk.powerCut();
  }

  /** The next number at each tick; its mark is what it counts on from. */
  #source(life: Life): Source {
    const { samples } = this.#work;
    return {
      async *read({ mark, ticks }) {
        let number = mark === undefined ? 0 : Number(mark) + 1;
        if (number >= samples) return;
        for await (const _tick of ticks()) {
          if (!life.alive) return;
          yield { entries: [{ kind: 'values', text: String(number) }], mark: String(number) };
          number += 1;
          if (number >= samples) return;
        }
      },
    };
  }
}
