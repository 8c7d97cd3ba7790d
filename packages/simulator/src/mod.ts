/** The front door of `@packetboat/simulator`: Packetboat in one process under virtual time, and what finds its bugs. */
export type { CrashFault } from './faults/crash.ts';
export { type MachineFault, type SimFault, simFaultTable } from './faults/fault_table.ts';
export type { Mutant } from './mutants/mutant.ts';
export { mutants } from './mutants/mutant_table.ts';
export type { Plan, Workload } from './plan.ts';
export { formatPlan, parsePlan } from './plan_file.ts';
export { type RunFailure, runPlan, type RunResult } from './run_plan.ts';
export { runSeeds, type SeedResult } from './run_seeds.ts';
export type { SeedQuestion } from './run_seeds_worker.ts';
export type { Seams, ServerLife, ServerSide } from './seams.ts';
export { shrinkPlan, type StillFails } from './shrink_plan.ts';
export type { SimulationOptions } from './simulation.ts';
export { type RareThing, rareThings } from './sometimes.ts';
export { planOf } from './swarm.ts';
