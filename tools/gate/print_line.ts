import { writeSync } from 'node:fs';

/** Prints a line at once, so that the last line printed is the last line, whatever happens to buffers. */
export function printLine(line: string): void {
  let bytes = new TextEncoder().encode(`${line}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      const busyPipe = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!busyPipe) throw error;
    }
  }
}
