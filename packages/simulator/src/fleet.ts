import type { ClientNode } from './nodes/client_node.ts';
import { OperatorNode } from './nodes/operator_node.ts';
import { ProducerNode } from './nodes/producer_node.ts';
import { ReaderNode } from './nodes/reader_node.ts';
import { SensorNode } from './nodes/sensor_node.ts';
import { SequenceNode } from './nodes/sequence_node.ts';
import { ServerNode } from './nodes/server_node.ts';
import { Storage } from './nodes/storage.ts';
import type { Plan } from './plan.ts';
import type { Simulation } from './simulation.ts';

/** Records that one turn of a producer publishes at most. */
const burstMax = 4;
/** A cursor is moved after every so many records. */
const commitEvery = 3;

/** All machines of a run. */
export class Fleet {
  readonly storage: Storage;
  readonly servers: readonly ServerNode[];
  readonly producers: readonly ProducerNode[];
  readonly sensors: readonly SensorNode[];
  readonly sequences: readonly SequenceNode[];
  readonly readers: readonly ReaderNode[];
  readonly operator: OperatorNode;

  constructor(simulation: Simulation, { workload, troubleMs }: Plan) {
    const { servers, producers, readers, sensors, sequences, streams, recordsEach, recordBytesMax } = workload;
    const { samplesEach, numbersEach, spoolSamplesMax, whenFull, deeds, retainedBytes } = workload;
    const names = times(servers, (index) => `server-${index}`);
    /** Where each life of a client goes, one after the other: at different servers if there are. */
    const serversOf = (index: number) => times(servers, (life) => names[(index + life) % servers] ?? '');
    const created = retainedBytes === undefined ? {} : { bytesMax: retainedBytes };
    const written = times(streams, (index) => `stream-${index}`);
    const streamOf = (index: number) => written[index % streams] ?? '';
    this.storage = new Storage(simulation, servers > 1);
    this.servers = names.map((name) => new ServerNode(simulation, name, this.storage));
    this.producers = times(producers, (index) => {
      const pauseMs = troubleMs / recordsEach / 2;
      const work = { stream: streamOf(index), created, records: recordsEach, recordBytesMax, pauseMs, burstMax };
      return new ProducerNode(simulation, `producer-${index}`, serversOf(index), work);
    });
    this.sensors = times(sensors, (index) => {
      const intervalMs = Math.max(1, troubleMs / samplesEach / 2);
      const work = { samples: samplesEach, intervalMs, spoolSamplesMax, whenFull };
      return new SensorNode(simulation, `sensor-${index}`, serversOf(index), work);
    });
    this.sequences = times(sequences, (index) => {
      const tickMs = Math.max(simulation.limits.sequenceTickMsMin, Math.floor(troubleMs / numbersEach / 2));
      return new SequenceNode(simulation, `sequence-${index}`, serversOf(index), { numbers: numbersEach, tickMs });
    });
    const readable = [...written, ...this.sensors.map(({ stream }) => stream)];
    this.readers = times(readers, (index) => {
      const stream = readable[index % readable.length] ?? '';
      const cursor = index % 2 === 0 ? { name: `cursor-${index}`, every: commitEvery } : undefined;
      const creditBytes = index % 3 === 0 ? 4 * recordBytesMax : 2_097_152;
      const sensed = { contentType: 'text/plain' };
      const work = {
        stream,
        created: written.includes(stream) ? created : sensed,
        cursor,
        creditBytes,
        keepsSession: index % 2 === 1,
      };
      return new ReaderNode(simulation, `reader-${index}`, serversOf(index + 1), work);
    });
    const operation = { streams: written, deeds, pauseMs: troubleMs / (deeds + 1) };
    this.operator = new OperatorNode(simulation, 'operator', serversOf(0), operation);
  }

  get clients(): readonly ClientNode[] {
    return [...this.producers, ...this.sensors, ...this.sequences, ...this.readers, this.operator];
  }

  /** Those that have an end. */
  get workers(): readonly ClientNode[] {
    return [...this.producers, ...this.sensors, ...this.sequences, this.operator];
  }

  start(): void {
    for (const client of this.clients) client.start();
  }

  /** Offset behind the last record of a stream. */
  tailOf(stream: string): number | undefined {
    const info = this.storage.store?.engine.info(stream);
    return typeof info === 'object' ? info.tail : undefined;
  }

  /** Those that have not come to the end of their stream. */
  get behind(): readonly ReaderNode[] {
    return this.readers.filter(({ reached, work }) => reached !== (this.tailOf(work.stream) ?? 0));
  }
}

function times<Node>(count: number, make: (index: number) => Node): Node[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
