import { runSchedule } from '@packetboat/proxy';
import { endingOf } from './ending.ts';
import { FaultDesk } from './faults/fault_desk.ts';
import { Fleet } from './fleet.ts';
import { Violation } from './observation.ts';
import type { Plan } from './plan.ts';
import type { Seams } from './seams.ts';
import { Simulation } from './simulation.ts';
import type { RareThing } from './sometimes.ts';

/** How a run ended. */
export interface RunResult {
  readonly seed: number;
  /** The same for the same plan and code. */
  readonly hash: string;
  readonly failure: RunFailure | undefined;
  readonly sometimes: ReadonlyMap<RareThing, number>;
  readonly steps: number;
  readonly virtualMs: number;
  /** The last lines of the journal. */
  readonly tail: readonly string[];
}

/** What went wrong. */
export interface RunFailure {
  /** The invariant that does not hold, or `error`: something ended as nothing should. */
  readonly invariant: string;
  readonly message: string;
}

/** Virtual time in which all work must come to its end once nothing goes wrong any more, beside what it was to take. */
const workMs = 120_000;
/** I11: time in which every reader must then reach the head. */
const readMs = 5_000;
/** Time in which what clients held must be given back, beside that in which their sessions expire. */
const leaveMs = 20_000;
const tailLines = 60;

/** Runs a plan: first trouble and safety, then calm and progress, then the last judgement. */
export async function runPlan(plan: Plan, seams: Seams = {}): Promise<RunResult> {
  const simulation = new Simulation(plan.seed, plan.options, seams);
  const { timeline, journal, sometimes } = simulation;
  const fleet = new Fleet(simulation, plan);
  try {
    await judge(simulation, fleet, plan);
  } catch (error) {
    simulation.fail(error as Error);
  }
  return {
    seed: plan.seed,
    hash: journal.hash,
    failure: simulation.failure && told(simulation.failure),
    sometimes: sometimes.counts,
    steps: timeline.steps,
    virtualMs: timeline.nowMs,
    tail: journal.tail(tailLines),
  };
}

async function judge(simulation: Simulation, fleet: Fleet, { troubleMs, schedule }: Plan): Promise<void> {
  const { timeline, journal, network } = simulation;
  const failed = () => simulation.failure !== undefined;
  fleet.start();
  const trouble = runSchedule(schedule, new FaultDesk({ simulation, fleet }), timeline);
  await timeline.run(troubleMs, failed);
  await trouble.stop();
  const { disk } = fleet.storage;
  disk.commitFaults.length = 0;
  disk.stepsUntilCrash = Infinity;
  journal.note('run', 'calm');
  const calmMs = Math.max(troubleMs, ...network.connections.map(({ drainedAtMs }) => drainedAtMs));

  const worked = () => fleet.servers.every(({ running }) => running) && fleet.workers.every(({ finished }) => finished);
  await timeline.run(timeline.nowMs + troubleMs + workMs, () => failed() || worked());
  if (!failed() && !worked()) {
    const late = fleet.workers.filter(({ finished }) => !finished).map(({ name }) => name);
    throw new Violation('I11', `after ${timeline.nowMs} ms these have not finished: ${late.join(', ')}`);
  }
  const readUntilMs = Math.max(timeline.nowMs, calmMs + returnMs(simulation)) + readMs;
  await timeline.run(readUntilMs, () => failed() || fleet.behind.length === 0);
  if (!failed() && fleet.behind.length > 0) {
    const late = fleet.behind.map(({ name, reached, work }) => `${name} at ${reached} of ${fleet.tailOf(work.stream)}`);
    throw new Violation('I11', `after ${timeline.nowMs} ms of calm these are behind: ${late.join(', ')}`);
  }
  for (const client of fleet.clients) client.stop();
  const { windowMs, serverLeaseMs } = simulation.limits;
  await timeline.run(timeline.nowMs + leaveMs + 2 * (windowMs + serverLeaseMs), failed);
  if (!failed()) simulation.conclude(await endingOf(fleet, simulation));
}

/** Time in which a client notices at the latest that its link is dead, and is back. */
function returnMs({ limits, options }: Simulation): number {
  const { heartbeatMs, heartbeatsMissedMax, welcomeTimeoutMs } = limits;
  const { capMs = 30_000 } = options.backoff;
  return 2 * (heartbeatMs * heartbeatsMissedMax + welcomeTimeoutMs + capMs);
}

function told(failure: Error): RunFailure {
  if (failure instanceof Violation) return { invariant: failure.invariant, message: failure.message };
  return { invariant: 'error', message: failure.stack ?? failure.message };
}
