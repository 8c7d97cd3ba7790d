import { PacketboatError } from '@packetboat/core';

/** How long to wait before coming back. */
export interface BackoffOptions {
  /** The first wait is at most this long. @default 250 */
  readonly firstMs?: number;
  /** Each further wait is at most this many times longer. @default 2 */
  readonly factor?: number;
  /**
   * No wait is longer than this, nor than half of the session's window, unless the server asks for it: whoever waits for a
   * server that was down is back in time for its session. @default 15_000
   */
  readonly capMs?: number;
}

/** {@linkcode BackoffOptions} with nothing left open. */
export type Backoff = Required<BackoffOptions>;

/** The longest `retryAfterMs` that is obeyed: a timer of over 2^31 ms would run at once. */
const retryAfterMsMax = 3_600_000;

/** @throws {PacketboatError} `badRequest`, naming the value that makes no backoff. */
export function resolveBackoff(options: BackoffOptions = {}): Backoff {
  const backoff = { firstMs: 250, factor: 2, capMs: 15_000, ...options };
  checkNumber('firstMs', backoff.firstMs, 1);
  checkNumber('factor', backoff.factor, 1);
  checkNumber('capMs', backoff.capMs, backoff.firstMs);
  return backoff;
}

/** The longest wait before attempt `attempt` (the first retry is 0): exponential, with a cap. */
export function backoffCeilingMs(attempt: number, backoff: Backoff): number {
  return Math.min(backoff.capMs, backoff.firstMs * backoff.factor ** attempt);
}

/**
 * A wait of at least `fromMs` and at most `ceilingMs`. What the server asked for is waited first.
 *
 * @param place Chance, in [0, 1).
 */
export function backoffDelayMs(fromMs: number, ceilingMs: number, place: number, retryAfterMs = 0): number {
  return Math.min(retryAfterMs, retryAfterMsMax) + fromMs + place * (ceilingMs - fromMs);
}

function checkNumber(name: string, value: number, min: number): void {
  if (Number.isFinite(value) && value >= min && value <= retryAfterMsMax) return;
  throw new PacketboatError('badRequest', `backoff.${name} is ${value}, not a number in ${min} … ${retryAfterMsMax}`);
}
