/** The files that a rotation made of one: `app.log.1`, `app.log-20260131` beside `app.log`. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const generationMax = 9_999;

/**
 * Paths of a file's earlier generations, oldest first, by their names alone (a `touch` must not reorder them).
 * `.1` is newer than `.2`; a date is newer when it is greater. Compressed ones cannot be followed and are left out.
 */
export async function earlierGenerations(path: string): Promise<string[]> {
  const folder = dirname(path);
  const base = basename(path);
  const suffixes: string[] = [];
  for (const name of await readdir(folder)) {
    const suffix = name.slice(base.length);
    if (name.startsWith(base) && /^[.-]\d[\d.:T-]{0,30}$/.test(suffix)) suffixes.push(suffix);
  }
  return suffixes.toSorted(compareAges).map((suffix) => join(folder, base + suffix));
}

/** Negative when the file with suffix `left` is older. */
function compareAges(left: string, right: string): number {
  const leftNumber = generation(left);
  const rightNumber = generation(right);
  if (leftNumber !== undefined && rightNumber !== undefined) return rightNumber - leftNumber;
  if (leftNumber === undefined && rightNumber === undefined) return left < right ? -1 : 1;
  // Who numbers and dates at once gives the numbers to the newest.
  return leftNumber === undefined ? -1 : 1;
}

function generation(suffix: string): number | undefined {
  const number = Number(suffix.slice(1));
  return Number.isInteger(number) && number <= generationMax ? number : undefined;
}
