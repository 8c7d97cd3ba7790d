import type { Client, CreateStreamOptions } from '@packetboat/client';
import type { ErrorCode } from '@packetboat/core';
import { formatPayload } from '../checkers/payload.ts';
import type { Life } from '../kernel/life.ts';
import type { Simulation } from '../simulation.ts';
import { ClientNode } from './client_node.ts';
import { ensureStream } from './ensure_stream.ts';
import { wait } from './wait.ts';

/** What a {@linkcode ProducerNode} does. */
export interface ProducerWork {
  readonly stream: string;
  readonly created: CreateStreamOptions;
  /** Records it publishes over all its lives, and the bytes of the largest. */
  readonly records: number;
  readonly recordBytesMax: number;
  /** Mean time between two bursts, and the largest burst. */
  readonly pauseMs: number;
  readonly burstMax: number;
}

/** Publishes record after record. What was on its way when it died is not published again. */
export class ProducerNode extends ClientNode {
  readonly #work: ProducerWork;
  #published = 0;

  constructor(simulation: Simulation, name: string, servers: readonly string[], work: ProducerWork) {
    super(simulation, name, servers);
    this.#work = work;
  }

  /** Of two lives that were given one epoch before either wrote, the one that wrote first goes on. */
  protected override get fences(): ReadonlySet<ErrorCode> {
    return new Set(['staleEpoch', 'sequenceReused']);
  }

  protected override async main(client: Client, life: Life, run: number): Promise<void> {
    const { stream, created, records, pauseMs, burstMax, recordBytesMax } = this.#work;
    const { simulation, name } = this;
    const dice = simulation.dice.fork(`${name} work ${run}`);
    await ensureStream(client, life.world.timers, stream, created);
    const producer = await client.producer(stream, { id: name });
    if (!life.alive) return;
    const { epoch } = producer;
    for (let index = 0; life.alive && this.#published < records; ) {
      const burst = dice.integer(1, burstMax);
      for (let count = 0; count < burst && this.#published < records; count++) {
        await producer.ready();
        if (!life.alive) return;
        this.#published += 1;
        const payload = formatPayload({ producer: name, epoch, run, index: index++ }, dice.integer(1, recordBytesMax));
        simulation.observe('published', { stream, producer: name, payload });
        void producer.publish(payload).then(
          (receipt) => {
            if (!life.alive) return;
            if (receipt.duplicate) simulation.sometimes.note('duplicateAnswered');
            simulation.observe('acknowledged', { stream, producer: name, payload, receipt });
          },
          // Told by `ready` and `flush` too.
          () => undefined,
        );
      }
      await wait(life.world.timers, 2 * pauseMs * dice.fraction());
    }
    await producer.flush();
    await producer.close();
  }
}
