import type { Readable } from 'node:stream';
import type { World } from '@packetboat/core';
import type { Interruption } from './interruption.ts';
import type { Teller, Terminal } from './terminal.ts';

/** What every command is given. */
export interface Context {
  readonly world: World;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Told what services do: the terminal, unless messages belong into a log. */
  readonly teller: Teller;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly interruption: Interruption;
  /** What the command's process exits with, unless it throws. */
  exitCode: number;
}
