/** Where a server keeps its records, and whether it can be there at all. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';
import { PacketboatError } from '@packetboat/core';
import { type Command, Option } from 'commander';
import { exitCode } from './exit_codes.ts';
import { failure, wrongCall } from './failure.ts';
import { userFolders } from './settings.ts';

export interface DataOptions {
  readonly data?: string;
}

export function addDataOption(command: Command): Command {
  return command.addOption(new Option('--data <dir>', 'folder of the store (default: in your data folder)'));
}

/**
 * The store's folder, looked at before anything is made or opened in it.
 *
 * @param existing Whether there must be one already.
 */
export function dataFolder(
  { data }: DataOptions,
  env: Readonly<Record<string, string | undefined>>,
  existing: 'mustExist' | 'mayBeMissing',
): string {
  const folder = resolve(data ?? join(userFolders(env).data, 'store'));
  if (folder === parse(folder).root)
    throw wrongCall(`${folder} is the whole disk: give a folder of its own to --data.`);
  const there = nearestExisting(folder);
  if (there !== folder && existing === 'mustExist') {
    throw failure(`There is no store in ${folder}. Say with --data where it is.`, exitCode.notFound);
  }
  if (!statSync(there).isDirectory()) throw failure(`${there} is no folder. Say with --data where the store is.`);
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      throw new PacketboatError('storeFailed', `The disk that holds ${there} is read-only`);
    }
    throw failure(`You may not use ${there}. Run as its owner, or give another folder to --data.`);
  }
  return folder;
}

/** `path`, or the nearest folder above it that exists. */
function nearestExisting(path: string): string {
  let at = path;
  while (statSync(at, { throwIfNoEntry: false }) === undefined) at = dirname(at);
  return at;
}
