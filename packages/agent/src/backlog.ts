/** Says what waits in a spool while the link is down: "waiting: 500 records, 12 kB; retry in 4 s" (S0.17). */
import { type Clock, describeBytes, type Spool, type SpoolStatus } from '@packetboat/core';

const quietMs = 30_000;

/** What the SDK's `onStatus` tells of the link. */
export interface LinkStatus {
  readonly status: 'connecting' | 'connected' | 'waiting' | 'closed';
  /** Time to the next attempt. */
  readonly retryInMs?: number | undefined;
  /** Why there is no link. */
  readonly reason?: Error | undefined;
}

/** Options of {@linkcode BacklogTeller}. */
export interface BacklogTellerOptions {
  readonly spool: Pick<Spool, 'status'>;
  readonly clock: Clock;
  readonly tell: (message: string) => void;
}

/**
 * Give its `heard` to the client as `onStatus`. It tells the start of an outage, then what waits every 30 s at most,
 * and the end of the outage.
 */
export class BacklogTeller {
  readonly #options: BacklogTellerOptions;
  /** When the outage was last told; `undefined` while there is none. */
  #toldMs: number | undefined;

  constructor(options: BacklogTellerOptions) {
    this.#options = options;
  }

  readonly heard = (link: LinkStatus): void => {
    const nowMs = this.#options.clock.monotonicMs();
    if (link.status === 'connected' && this.#toldMs !== undefined) {
      this.#toldMs = undefined;
      this.#tell((status) => `connected again; ${describeBacklog(status)}`);
    } else if (link.status === 'waiting' && (this.#toldMs === undefined || nowMs - this.#toldMs >= quietMs)) {
      this.#toldMs = nowMs;
      const why = link.reason === undefined ? '' : `${link.reason.message}; `;
      this.#tell((status) => `${why}${describeBacklog(status, link.retryInMs)}`);
    }
  };

  #tell(describe: (status: SpoolStatus) => string): void {
    const { spool, tell } = this.#options;
    // A spool that cannot say what waits is told of by whoever uses it.
    spool.status().then(
      (status) => tell(describe(status)),
      () => {},
    );
  }
}

/** What waits, as a person reads it. */
export function describeBacklog(backlog: Pick<SpoolStatus, 'waiting' | 'waitingBytes'>, retryInMs?: number): string {
  const { waiting, waitingBytes } = backlog;
  const what =
    waiting === 0
      ? 'nothing is waiting'
      : `waiting: ${waiting} ${waiting === 1 ? 'record' : 'records'}, ${describeBytes(waitingBytes)}`;
  return retryInMs === undefined ? what : `${what}; retry in ${Math.max(1, Math.round(retryInMs / 1_000))} s`;
}
