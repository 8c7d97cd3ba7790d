import type { ScheduleStep } from '@packetboat/proxy';
import type { Limits } from '@packetboat/core';
import type { SimFault } from './faults/fault_table.ts';
import { Dice } from './kernel/dice.ts';
import type { Plan, Workload } from './plan.ts';

/** The longest time of trouble. */
const troubleMsMax = 60_000;

/** Draws one step of a schedule within `troubleMs`. */
type Draw = (dice: Dice, troubleMs: number) => ScheduleStep<SimFault>;

const atMs = (dice: Dice, troubleMs: number) => Math.floor(dice.fraction() * troubleMs);
const lasting = (dice: Dice) => Math.floor(dice.fraction() * dice.pick([50, 2_000, 20_000]));
/** Some connections of those that are there, or all. */
const some = (dice: Dice) => ({ toxicity: dice.pick([1, 0.5, 0.3]) });
const direction = (dice: Dice) => ({ direction: dice.pick(['up', 'down', 'both'] as const) });
/** What a server is about to say: the moment at which a cut is worst. */
const sights = ['receipt', 'producing', 'subscribed', 'segment', 'committed', 'welcome', 'result', 'gap'] as const;

/** Every kind of trouble. */
const draws: { readonly [kind: string]: Draw } = {
  cut: (dice, trouble) => ({ atMs: atMs(dice, trouble), fault: { fault: 'cut' }, ...some(dice) }),
  cutAtMessage: (dice) => ({
    on: dice.pick(sights),
    nth: dice.integer(1, 20),
    connections: 'this',
    fault: { fault: 'cut', how: dice.pick(['fin', 'reset'] as const) },
  }),
  blackHole: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'timeout' },
    forMs: lasting(dice),
    ...some(dice),
  }),
  oneWay: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'drop' },
    forMs: lasting(dice),
    ...direction(dice),
    ...some(dice),
  }),
  halfOpen: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'half_open', gone: dice.pick(['client', 'server'] as const) },
    forMs: lasting(dice),
    toxicity: 0.3,
  }),
  latency: (dice, trouble) => ({
    atMs: dice.pick([0, atMs(dice, trouble)]),
    fault: { fault: 'latency', latencyMs: dice.pick([1, 40, 300]), jitterMs: dice.pick([0, 20, 60]) },
    forMs: lasting(dice) + 1_000,
    ...direction(dice),
  }),
  slowLink: (dice, trouble) => ({
    atMs: dice.pick([0, atMs(dice, trouble)]),
    fault: { fault: 'bandwidth', bytesPerSecond: dice.pick([1_000, 10_000, 200_000]) },
    forMs: lasting(dice) + 1_000,
    ...some(dice),
  }),
  cutInBytes: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'limit_data', bytes: dice.pick([300, 3_000]), spreadBytes: dice.pick([200, 10_000]), how: 'reset' },
    forMs: lasting(dice),
    ...direction(dice),
  }),
  randomCuts: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'reset_peer', timeoutMs: dice.pick([20, 500]), jitterMs: dice.pick([20, 400]) },
    forMs: lasting(dice),
    ...some(dice),
  }),
  damage: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'corrupt', everyBytes: dice.pick([2_000, 20_000]) },
    forMs: lasting(dice),
    ...direction(dice),
  }),
  down: (dice, trouble) => ({ atMs: atMs(dice, trouble), fault: { fault: 'down' }, forMs: lasting(dice) }),
  reorder: (dice, trouble) => ({ atMs: atMs(dice, trouble), fault: { fault: 'reorder' }, forMs: lasting(dice) }),
  serverCrash: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: {
      fault: 'crash',
      what: 'server',
      number: dice.integer(0, 9),
      with: dice.pick(['process', 'machine'] as const),
    },
  }),
  clientCrash: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: {
      fault: 'crash',
      what: 'client',
      number: dice.integer(0, 99),
      with: dice.pick(['process', 'machine'] as const),
    },
  }),
  crashAtMessage: (dice) => ({
    on: dice.pick(sights),
    nth: dice.integer(1, 20),
    fault: { fault: 'crash', what: 'server', number: 0, with: dice.pick(['process', 'machine'] as const) },
  }),
  crashInCommit: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'crash_in_commit', steps: dice.integer(0, 12) },
  }),
  commitUnknown: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'commit_unknown', outcome: dice.pick(['stored', 'lost'] as const) },
  }),
  diskFull: (dice, trouble) => ({ atMs: atMs(dice, trouble), fault: { fault: 'disk_full' }, forMs: lasting(dice) }),
  clockJump: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: {
      fault: 'clock_jump',
      what: dice.pick(['server', 'client'] as const),
      byMs: dice.integer(-86_400_000, 86_400_000),
    },
  }),
  commitDamaged: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'commit_damaged', times: dice.integer(1, 3) },
  }),
  twin: (dice, trouble) => ({
    atMs: atMs(dice, trouble),
    fault: { fault: 'twin', number: dice.integer(0, 9) },
    forMs: dice.integer(100, troubleMsMax / 3),
  }),
};

/** What a seed means. Every seed draws its own mix of faults (swarm testing): some have none of a kind, some only one. */
export function planOf(seed: number): Plan {
  const dice = new Dice(seed).fork('plan');
  const troubleMs = dice.pick([2_000, 10_000, troubleMsMax]);
  const schedule = Object.values(draws)
    .filter(() => dice.chance(0.3))
    .flatMap((draw) => Array.from({ length: dice.integer(1, 4) }, () => draw(dice, troubleMs)));
  return {
    seed,
    options: {
      commitMs: dice.pick([0, 2, 30]),
      serverClock: { rate: dice.pick([1, 1, 0.9, 1.1]), skewMs: dice.pick([0, -86_400_000, 3_600_000]) },
      clientClock: { rate: dice.pick([1, 1, 0.95, 1.05]), skewMs: dice.pick([0, 60_000]) },
      backoff: { firstMs: 50, capMs: dice.pick([500, 5_000]) },
      limits: limitsOf(dice),
    },
    workload: workloadOf(dice),
    troubleMs,
    schedule,
  };
}

/** Small ones, so that they are reached. */
function limitsOf(dice: Dice): Partial<Limits> {
  return {
    heartbeatMs: dice.pick([300, 1_000]),
    welcomeTimeoutMs: dice.pick([1_000, 3_000]),
    serverLeaseMs: dice.pick([1_500, 15_000]),
    windowMs: dice.pick([500, 5_000, 30_000]),
    windowBatchesMax: dice.pick([1, 4, 64]),
    segmentBytesMax: dice.pick([2_000, 1_047_552]),
    readBytesMax: dice.pick([2_000, 1_047_552]),
    commitBytesMax: dice.pick([1_000, 4_194_304]),
    appendQueueBytesMax: dice.pick([20_000, 67_108_864]),
    frameCacheBytesMax: dice.pick([0, 5_000, 16_777_216]),
    readsInFlightMax: dice.pick([1, 4]),
  };
}

function workloadOf(dice: Dice): Workload {
  const workload: Workload = {
    servers: dice.pick([1, 1, 1, 2]),
    producers: dice.integer(1, 3),
    readers: dice.integer(1, 4),
    sensors: dice.integer(0, 2),
    sequences: dice.pick([0, 0, 1]),
    streams: dice.integer(1, 2),
    recordsEach: dice.pick([5, 40]),
    recordBytesMax: dice.pick([1, 100, 3_000]),
    samplesEach: dice.pick([5, 30]),
    numbersEach: dice.pick([2, 20]),
    spoolSamplesMax: dice.pick([4, 1_000]),
    whenFull: dice.pick(['block', 'gap']),
    deeds: dice.pick([0, 6]),
  };
  return dice.chance(0.3) ? { ...workload, retainedBytes: dice.pick([500, 5_000]) } : workload;
}
