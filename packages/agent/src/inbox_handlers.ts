/** Ready-made handlers of inbox records: a command of the operator's, or a stream of bytes such as stdout. */
import type { Writable } from 'node:stream';
import type { Timers } from '@packetboat/core';
import type { InboxHandler } from './inbox.ts';
import { runCommand } from './run_command.ts';

/** Options of {@linkcode commandHandler}. */
export interface CommandHandlerOptions {
  /** The program and its arguments, as they are; what arrives is never part of them (T10). */
  readonly command: readonly string[];
  readonly timers: Timers;
  /** Time one run may take. @default 60_000 */
  readonly timeoutMs?: number;
}

/**
 * Runs the command for each record: the payload on stdin; `PACKETBOAT_STREAM`, `PACKETBOAT_OFFSET` and
 * `PACKETBOAT_TIME_NS` in the environment. Exit code 0 means handled.
 */
export function commandHandler({ command, timers, timeoutMs = 60_000 }: CommandHandlerOptions): InboxHandler {
  return async (record, { stream, signal }) => {
    const environment = {
      PACKETBOAT_STREAM: stream,
      PACKETBOAT_OFFSET: String(record.offset),
      PACKETBOAT_TIME_NS: String(record.timeNs),
    };
    const outcome = await runCommand({ command, timers, timeoutMs, signal, input: record.bytes, environment });
    if (outcome.kind === 'failed') throw new Error(`${command[0]}: ${outcome.reason}`);
  };
}

const newline = Buffer.from('\n');

/** Writes each payload to `writable`, each with a newline at its end. Written means handled. */
export function writableHandler(writable: Writable): InboxHandler {
  return ({ bytes }) =>
    new Promise((resolve, reject) => {
      const line = bytes.at(-1) === newline[0] ? bytes : Buffer.concat([bytes, newline]);
      writable.write(line, (error) => (error ? reject(error) : resolve()));
    });
}
