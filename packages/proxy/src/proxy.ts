import type { World } from '@packetboat/core';
import type { CutHow, Direction, OneDirection } from './fault_kind.ts';
import type { Fault } from './fault_table.ts';
import type { ScheduleStep } from './parse_schedule.ts';

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
  /** Decides all chance of this proxy. @default drawn from the world; see {@linkcode Proxy.seed} */
  readonly seed?: number;
  /** Told when the target could not be reached. @default nobody */
  readonly onUnreachable?: (cause: Error) => void;
}

/** A fault that acts on a proxy, as returned by {@linkcode Proxy.add}. */
export interface AppliedFault {
  readonly fault: Fault;
  readonly direction: Direction;
}

/** Counted since the start. */
export interface ProxyCounters {
  readonly connections: number;
  /** Connections that exist now. */
  readonly open: number;
  /** Connections closed because the target could not be reached. */
  readonly unreachable: number;
  /** Bytes handed on. */
  readonly passedBytes: Readonly<Record<OneDirection, number>>;
  /** Bytes that vanished in a fault. */
  readonly swallowedBytes: Readonly<Record<OneDirection, number>>;
  /** Faults begun, by name. */
  readonly faults: Readonly<Record<string, number>>;
}

/** A schedule that runs. */
export interface ScheduleRun {
  /** Settles when the last step has begun and every step with an end has ended, or after `stop`. */
  readonly done: Promise<void>;
  /** Begins no more steps and ends those that are active. */
  stop(): Promise<void>;
}

/** A TCP proxy that breaks links on command and on schedule. */
export interface Proxy extends Endpoint {
  /** Run again with this seed, the faults draw the same numbers for the same connections. */
  readonly seed: number;
  readonly counters: ProxyCounters;
  /**
   * Lets a fault act on all connections, present and coming, until it is removed.
   *
   * @throws {PacketboatError} `badRequest` for options that the fault does not have.
   */
  add(fault: Fault, options?: { readonly direction?: Direction }): AppliedFault;
  /** Ends a fault. Connections that lost bytes to it are reset: TCP never shows a hole. */
  remove(applied: AppliedFault): Promise<void>;
  /** Ends all faults. */
  clear(): Promise<void>;
  /** Cuts all connections that exist. */
  cut(how?: CutHow): void;
  /** Runs a schedule from now on. Several may run at once. */
  run(schedule: readonly ScheduleStep[]): ScheduleRun;
  /** Cuts everything and frees the port. */
  stop(): Promise<void>;
}
