/** `@packetboat/core/open-files`: how many files and sockets this process has open, and how many more it may. Not for browsers. */
import { readdirSync } from 'node:fs';

/** Files kept free for what a process opens beside connections. */
const filesReserved = 16;
/** Asked once: while many sockets are open, the report takes long. */
const openFilesMax = readOpenFilesMax();

/**
 * How many more sockets this process may open, by the operating system's limit on open files (F16: a socket beyond it
 * is accepted and dropped by the runtime without a word). Infinite where the system does not tell.
 */
export function socketsPossible(): number {
  return Math.max(1, openFilesMax - openFiles() - filesReserved);
}

/** Files and sockets that this process has open; 0 where the system does not tell. */
export function openFiles(): number {
  try {
    return readdirSync('/dev/fd').length;
  } catch {
    return 0;
  }
}

function readOpenFilesMax(): number {
  const report: unknown = process.report?.getReport();
  if (typeof report !== 'object' || report === null || !('userLimits' in report)) return Infinity;
  const { userLimits } = report as { userLimits: { open_files?: { soft: number | 'unlimited' } } };
  const soft = userLimits.open_files?.soft;
  return typeof soft === 'number' ? soft : Infinity;
}
