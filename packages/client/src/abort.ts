import { PacketboatError } from '@packetboat/core';

/** The error of whoever asked for something and gave up. */
export function abortedError(signal: AbortSignal): PacketboatError {
  return new PacketboatError('aborted', 'The caller gave up', { cause: signal.reason });
}

/** Calls `run` when `signal` aborts, at once if it has; returns what takes that back. */
export function onAbort(signal: AbortSignal | undefined, run: (error: PacketboatError) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = () => run(abortedError(signal));
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Settles as `promise` does, or rejects with `aborted` when `signal` aborts first. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const forget = onAbort(signal, aborted.reject);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    forget();
  }
}
