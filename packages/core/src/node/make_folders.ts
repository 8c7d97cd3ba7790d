import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` never returns where the system says of a
 * missing folder's child that it cannot exist (`/proc/a/b`).
 *
 * @param mode Rights of what is made. @default those of the process
 * @returns what was made, the topmost first.
 * @throws {Error} of the system.
 */
export function makeFolders(folder: string, mode?: number): string[] {
  const path = resolve(folder);
  const missing: string[] = [];
  for (let at = path; !isFolder(at); at = dirname(at)) missing.unshift(at);
  return missing.filter((each) => make(each, mode));
}

/** @returns whether it was made here: another process may need the same one at the same moment. */
function make(path: string, mode: number | undefined): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isFolder(path)) return false;
    throw error;
  }
}

/** @throws {Error} of the system, also when there is something else. */
function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return found !== undefined;
  const message = `ENOTDIR: not a directory, mkdir '${path}'`;
  throw Object.assign(new Error(message), { code: 'ENOTDIR', syscall: 'mkdir', path });
}
