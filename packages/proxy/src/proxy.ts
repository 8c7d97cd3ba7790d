import type { World } from '@packetboat/core';
import type { AppliedFault, FaultPlace } from './applied_fault.ts';
import type { CutHow, OneDirection } from './fault_kind.ts';
import type { Fault } from './fault_table.ts';
import type { ScheduleStep } from './parse_schedule.ts';
import type { ScheduleRun } from './run_schedule.ts';
import type { Sight } from './watcher.ts';

/** One end of a connection. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ProxyOptions {
  /** Where clients connect to; port 0 lets the system choose. */
  readonly listen: Endpoint;
  /** Where their bytes go. */
  readonly target: Endpoint;
  readonly world: World;
  /** Decides all chance of this proxy, an integer. @default drawn from the world; see {@linkcode Proxy.seed} */
  readonly seed?: number;
  /** Told what the proxy does. @default nobody */
  readonly onEvent?: (event: ProxyEvent) => void;
}

/** How a connection ended. */
export const endCauses = Object.freeze([
  /** Both sides ended it. */
  'closed',
  'clientReset',
  'serverReset',
  /** The target could not be reached, or did not answer. */
  'unreachable',
  /** A side had ended or did not read, and nothing passed any more. */
  'stuck',
  /** A fault cut it. */
  'cut',
  /** The proxy was stopped. */
  'stopped',
] as const);

export type EndCause = (typeof endCauses)[number];

/** What a proxy does. */
export type ProxyEvent =
  | { readonly event: 'connected'; readonly connection: number; readonly from: string }
  /** One came and was closed at once: the system allows no more open files than so many connections need. */
  | { readonly event: 'refused'; readonly connectionsMax: number }
  | {
      readonly event: 'disconnected';
      readonly connection: number;
      readonly cause: EndCause;
      /** Why the target could not be reached. */
      readonly why?: string;
      readonly lastedMs: number;
      readonly upBytes: number;
      readonly downBytes: number;
    }
  | ({ readonly event: 'faultBegan' } & AppliedFault)
  | ({ readonly event: 'faultEnded' } & AppliedFault)
  /** Something happened that a schedule waited for. */
  | { readonly event: 'triggered'; readonly on: string; readonly nth: number; readonly connection: number };

/** Counted since the start, save `open` and `heldBytes`. */
export interface ProxyCounters {
  readonly connections: number;
  /** Connections closed at once: the system allows no more open files. */
  readonly refused: number;
  /** Connections that exist now. */
  readonly open: number;
  /** Connections that ended, by cause. */
  readonly ends: Readonly<Record<EndCause, number>>;
  /** Bytes handed on. */
  readonly passedBytes: Readonly<Record<OneDirection, number>>;
  /** Bytes that vanished in a fault. */
  readonly swallowedBytes: Readonly<Record<OneDirection, number>>;
  /** Bytes on their way now. */
  readonly heldBytes: Readonly<Record<OneDirection, number>>;
  /** Faults begun, by kind. */
  readonly faults: Readonly<Record<string, number>>;
}

/** How to add a fault. */
export interface AddOptions extends FaultPlace {
  /** @default the fault and a number: `latency_1` */
  readonly name?: string;
}

/** A TCP proxy that breaks links on command, on schedule and by chance. */
export interface Proxy extends Endpoint {
  readonly target: Endpoint;
  /** Run again with this seed, the faults decide alike for the same connections and bytes. */
  readonly seed: number;
  readonly counters: ProxyCounters;
  /** The faults that act now, in the order in which they were added. */
  readonly faults: readonly AppliedFault[];
  /** Whether it listens, as far as {@linkcode disable} is concerned. */
  readonly enabled: boolean;
  /**
   * Lets a fault act on connections, present and coming, until it is removed.
   *
   * @throws {PacketboatError} `badFault` for what the fault cannot be told, `exists` for a name that is taken.
   */
  add(fault: Fault, options?: AddOptions): AppliedFault;
  /** Lets a fault act with other options; connections keep what is on its way. @throws {PacketboatError} as `add` does */
  change(applied: AppliedFault, fault: Fault, place?: Pick<FaultPlace, 'toxicity'>): Promise<AppliedFault>;
  /** Ends a fault. Connections that lost bytes to it are reset: TCP never shows a hole. */
  remove(applied: Pick<AppliedFault, 'name'>): Promise<void>;
  /** Ends all faults. */
  clear(): Promise<void>;
  /** Cuts all connections that exist. */
  cut(how?: CutHow): void;
  /** Refuses connections and cuts those that exist; faults stay. */
  disable(): void;
  /** @throws {PacketboatError} `unreachable` when another program took the port meanwhile. */
  enable(): Promise<void>;
  /**
   * Goes on at other addresses; connections are cut, faults and schedules stay.
   *
   * @throws {PacketboatError} `badRequest` when `target` leads back to `listen`, `unreachable` when it cannot listen
   * there: then nothing has changed.
   */
  move(listen: Endpoint, target: Endpoint): Promise<void>;
  /** Runs a schedule from now on. Several may run at once. */
  run(schedule: readonly ScheduleStep[]): ScheduleRun;
  /**
   * Tells what is about to happen; faults that `listener` adds act on it. The messages of connections are seen only if
   * they began while somebody listened. Returns what ends it.
   */
  onSight(listener: (sight: Sight) => void): () => void;
  /** Cuts everything and frees the port. */
  stop(): Promise<void>;
}
