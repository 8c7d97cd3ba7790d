/** Every error ends here: one line on stderr that a person understands, and an exit code. */
import { inspect } from 'node:util';
import { PacketboatError } from '@packetboat/core';
import { CommanderError } from 'commander';
import { exitCode, exitCodeOf } from './exit_codes.ts';
import { failureCode } from './failure.ts';
import type { Terminal } from './terminal.ts';

const messageLengthMax = 600;

/** What was called, for the errors of a wrong call. */
export interface Called {
  /** `packetboat ship` */
  readonly name: string;
  /** `packetboat ship [options] <name>` */
  readonly usage: string;
}

/** Errors of the system that a person meets, by Node's code. */
const systemErrors = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EACCES', 'you may not use it'],
  ['EPERM', 'you may not use it'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is no folder'],
  ['EEXIST', 'it exists already'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EROFS', 'the disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk is full for you'],
  ['EMFILE', 'too many files are open'],
]);

/** Tells `error` and returns the exit code. */
export function reportError(error: unknown, terminal: Terminal, called: Called): number {
  if (error instanceof CommanderError && error.code !== failureCode) return reportUsage(error, terminal, called);
  const { message, code, defect } = explain(error);
  terminal.stderr.write(`packetboat: ${oneLine(message)}\n`);
  if (terminal.verbose && defect) terminal.stderr.write(`${inspect(error)}\n`);
  return code;
}

/** What happened, as sentences, and the exit code. */
export function explain(error: unknown): { message: string; code: number; defect: boolean } {
  if (error instanceof CommanderError) return { message: error.message, code: error.exitCode, defect: false };
  if (error instanceof PacketboatError) {
    const message = `${sentence(error.message)} ${error.row.hint}`;
    return { message, code: exitCodeOf(error.code), defect: error.code === 'internal' };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const known = systemErrors.get(error.code);
    const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
    if (known !== undefined && path !== undefined) {
      return { message: `Cannot use ${path}: ${known}.`, code: exitCode.failure, defect: false };
    }
    if ('syscall' in error) return { message: sentence(error.message), code: exitCode.failure, defect: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `${sentence(message)} This is a defect of Packetboat; please report it (--verbose shows where).`,
    code: exitCode.failure,
    defect: true,
  };
}

function reportUsage(error: CommanderError, terminal: Terminal, called: Called): number {
  // Help and version were asked for and are shown.
  if (error.exitCode === 0) return exitCode.ok;
  // Help was shown because a subcommand is missing.
  if (error.code === 'commander.help') return exitCode.usage;
  const said = sentence(error.message.replace(/^error: (.)/, (_all, first: string) => first.toUpperCase()));
  const argument = /missing required argument|too many arguments/i.test(said);
  const more = argument ? `Usage: ${called.usage}` : `See ${called.name} --help.`;
  terminal.stderr.write(`packetboat: ${oneLine(said)} ${more}\n`);
  return exitCode.usage;
}

/** With an end. */
function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Without line breaks and other control characters, and not longer than a person reads. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  if (line.length <= messageLengthMax) return line;
  const half = messageLengthMax / 2;
  return `${line.slice(0, half)} … ${line.slice(-half)}`;
}
