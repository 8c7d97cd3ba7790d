import type { ScheduleStep } from '@packetboat/proxy';
import type { SimFault } from './faults/fault_table.ts';
import type { SimulationOptions } from './simulation.ts';

/** Who is there, and what they do. */
export interface Workload {
  /** Two servers share one storage. */
  readonly servers: 1 | 2;
  readonly producers: number;
  readonly readers: number;
  readonly sensors: number;
  readonly sequences: number;
  readonly streams: number;
  /** Records of each producer, samples of each sensor, numbers of each sequence, and what the operator does. */
  readonly recordsEach: number;
  readonly recordBytesMax: number;
  readonly samplesEach: number;
  readonly numbersEach: number;
  readonly spoolSamplesMax: number;
  readonly whenFull: 'block' | 'gap';
  readonly deeds: number;
  /** Retention of the streams that producers write. @default none */
  readonly retainedBytes?: number;
}

/** All that is decided before a run begins, as JSON. */
export interface Plan {
  readonly seed: number;
  readonly options: SimulationOptions;
  readonly workload: Workload;
  /** Time during which faults happen; then comes the calm. */
  readonly troubleMs: number;
  readonly schedule: readonly ScheduleStep<SimFault>[];
}
