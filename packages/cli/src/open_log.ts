/** The server's log: pino, as JSON for machines or lines for people. */
import { dirname } from 'node:path';
import { makeFolders } from '@packetboat/core/node';
import { Option, type Command } from 'commander';
import { type DestinationStream, type Logger, destination, pino } from 'pino';
import { build } from 'pino-pretty';
import type { Terminal } from './terminal.ts';

export interface LogOptions {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFile?: string;
  /** @default 'pretty' on a terminal, else 'json' */
  readonly logFormat?: 'json' | 'pretty';
}

export interface Log {
  readonly logger: Logger;
  /** Whether a person reads it on stderr: then messages stand between its lines. */
  readonly forPeople: boolean;
}

export function addLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .option('--log-file <file>', 'log into a file instead of stderr')
    .addOption(
      new Option('--log-format <format>', 'default: pretty on a terminal, else json').choices(['json', 'pretty']),
    );
}

/** Opens the log. It is written at once, so that nothing is missing after a crash. */
export function openLog({ logLevel, logFile, logFormat }: LogOptions, terminal: Terminal): Log {
  const format = logFormat ?? (logFile === undefined && terminal.stderr.isTTY === true ? 'pretty' : 'json');
  const level =
    terminal.verbose && logLevel === 'info' ? 'debug' : terminal.quiet && logLevel === 'info' ? 'warn' : logLevel;
  if (logFile !== undefined) makeFolders(dirname(logFile));
  const file = destination({ dest: logFile ?? 2, sync: true });
  // A terminal or pipe that went away, or a full disk, is no reason to stop serving.
  file.on('error', () => {});
  const stream: DestinationStream =
    format === 'json'
      ? file
      : build({
          destination: file,
          colorize: logFile === undefined && terminal.styleErr('bold', 'x') !== 'x',
          ignore: 'pid,hostname',
          translateTime: 'SYS:HH:MM:ss.l',
          singleLine: true,
        });
  const logger = pino({ level, timestamp: pino.stdTimeFunctions.isoTime, base: null }, stream);
  return { logger, forPeople: format === 'pretty' && logFile === undefined };
}
