import type { Fault, FaultPlace, ScheduleTarget, Sight } from '@packetboat/proxy';
import { machineFaultKind, type MachineFault, type SimFault } from './fault_table.ts';
import type { FaultWorld } from './node_fault.ts';

/** What a schedule acts on: faults of links go to the network, those of machines to the nodes. */
export class FaultDesk implements ScheduleTarget<SimFault> {
  readonly #world: FaultWorld;
  readonly #ends = new Map<string, () => void>();
  #made = 0;

  constructor(world: FaultWorld) {
    this.#world = world;
  }

  add(fault: SimFault, options: FaultPlace & { readonly name?: string }): { readonly name: string } {
    const { simulation } = this.#world;
    simulation.journal.note('fault', JSON.stringify({ ...options, ...fault }));
    const kind = machineFaultKind(fault);
    if (kind === undefined) return simulation.network.add(fault as Fault, options);
    const name = options.name ?? `${fault.fault}-${++this.#made}`;
    const end = kind.begin(fault as MachineFault, this.#world);
    if (end !== undefined) this.#ends.set(name, end);
    return { name };
  }

  async remove({ name }: { readonly name: string }): Promise<void> {
    const { simulation } = this.#world;
    simulation.journal.note('fault', `${name} ends`);
    this.#ends.get(name)?.();
    this.#ends.delete(name);
    await simulation.network.remove({ name });
  }

  onSight(listener: (sight: Sight) => void): () => void {
    return this.#world.simulation.network.onSight(listener);
  }
}
