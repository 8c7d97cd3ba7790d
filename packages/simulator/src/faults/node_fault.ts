import type { FaultRule } from '@packetboat/proxy';
import type { Fleet } from '../fleet.ts';
import type { Simulation } from '../simulation.ts';

/** What a node fault acts on. */
export interface FaultWorld {
  readonly simulation: Simulation;
  readonly fleet: Fleet;
}

/**
 * A fault of machines, beside the proxy's faults of links: one small file in this folder. To add one, write the file, name
 * it in `fault_table.ts`, and let `swarm.ts` draw it.
 */
export interface NodeFault<F> extends FaultRule {
  /** It does not act on links. */
  readonly scope: 'proxy';
  /** Its fields beside `fault`, by name. */
  readonly options: { readonly [Name in Exclude<keyof F, 'fault'>]-?: FaultRule['options'][string] };
  /** Done when the fault begins; returns what ends it, if it has an end. */
  readonly begin: (fault: F, world: FaultWorld) => (() => void) | undefined;
}
