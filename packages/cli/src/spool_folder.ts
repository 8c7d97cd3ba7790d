import { join } from 'node:path';
import { encodeName } from '@packetboat/agent';

/** The folder of one sensor's spool below the folder of all spools: any name is safe there (trap T8). */
export function spoolFolder(folder: string, name: string): string {
  return join(folder, encodeName(name));
}
