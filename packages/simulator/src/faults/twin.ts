import type { NodeFault } from './node_fault.ts';

/**
 * A producer hears nothing more and is not heard, so somebody starts it a second time: the newer life fences the older,
 * which comes back when the fault ends (F13, I6).
 */
export interface TwinFault {
  readonly fault: 'twin';
  /** Which producer, counted round. */
  readonly number: number;
}

export const twin: NodeFault<TwinFault> = {
  scope: 'proxy',
  options: { number: { min: 0, max: 1_000_000 } },
  begin: ({ number }, { simulation, fleet }) => {
    const producer = fleet.producers[number % fleet.producers.length];
    const older = producer?.oldest;
    producer?.start();
    return older === undefined ? undefined : simulation.network.isolate(older);
  },
};
