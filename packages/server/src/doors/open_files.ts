import { readdirSync } from 'node:fs';

/** Files kept free for the store and the system beside connections. */
const filesReserved = 16;

/**
 * How many more sockets this process may open, by the operating system's limit on open files (F16: a socket beyond it
 * is accepted and dropped by the runtime without a word). Infinite where the system does not tell.
 */
export function socketsPossible(): number {
  const limit = openFilesMax();
  if (limit === undefined) return Infinity;
  return Math.max(1, limit - openFiles() - filesReserved);
}

function openFilesMax(): number | undefined {
  const report: unknown = process.report?.getReport();
  if (typeof report !== 'object' || report === null || !('userLimits' in report)) return undefined;
  const { userLimits } = report as { userLimits: { open_files?: { soft: number | 'unlimited' } } };
  const soft = userLimits.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Files and sockets that this process has open; 0 where the system does not tell. */
export function openFiles(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    return 0;
  }
}
