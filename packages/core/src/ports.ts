/**
 * The seams between Packetboat's rules and the world. Everything that makes two
 * runs differ (time, chance, sockets, disks) arrives through one of these, so that the
 * simulator can supply its own and replay a run bit for bit.
 */

/** Tells the time. Windows and timeouts use `monotonicMs`; only data carries `wallNs`. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Nanoseconds since the Unix epoch; may jump when somebody sets the clock. */
  wallNs(): bigint;
}

/** A pending timer, as returned by {@linkcode Timers.after}. */
export interface Timer {
  /** Cancels the timer; harmless when it has already run. */
  cancel(): void;
}

/** Runs functions later. */
export interface Timers {
  /** Calls `run` once, `delayMs` milliseconds from now. */
  after(delayMs: number, run: () => void): Timer;
}

/** Chance. */
export interface Random {
  /** A number in [0, 1). Not for secrets. */
  fraction(): number;
  /** `length` unpredictable bytes, fit for identities and secrets. */
  bytes(length: number): Uint8Array;
}

/**
 * CRC-32 as in zlib and PNG (polynomial 0xEDB88320), continued from `initial`.
 *
 * `crc32(b, crc32(a))` equals the CRC of `a` followed by `b`. The result is a uint32.
 */
export type Crc32 = (bytes: Uint8Array, initial?: number) => number;

/** The ports that nearly every part needs. */
export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly crc32: Crc32;
}
