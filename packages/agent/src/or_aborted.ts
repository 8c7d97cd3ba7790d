/** Waits for a promise that nobody can cancel, without waiting for it after an abort. */

/**
 * Settles as `promise` does, or with `undefined` once `signal` aborts; how `promise` ends is of no interest then. Leaves
 * nothing behind on the signal.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = (): void => resolve(undefined);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}
