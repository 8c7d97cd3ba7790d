import { CommanderError } from 'commander';
import { exitCode } from './exit_codes.ts';

/** The code of errors that are not about the call, as opposed to commander's own. */
export const failureCode = 'packetboat.failure';

/**
 * An end that a command has planned for: its sentences are shown as they are.
 *
 * @param code The process's exit code.
 */
export function failure(message: string, code: number = exitCode.failure): CommanderError {
  return new CommanderError(code, failureCode, message);
}

/** The command was called wrongly, in a way that only the command itself can see. */
export function wrongCall(message: string): CommanderError {
  return new CommanderError(exitCode.usage, 'packetboat.wrongCall', message);
}
