/** A sequence from its first number to its verdict. */
import { join } from 'node:path';
import { encodeName } from '@packetboat/agent';
import type { Client, Sequence, SequenceAlgorithm, SequenceResult } from '@packetboat/client';
import { type ErrorCode, PacketboatError } from '@packetboat/core';
import { type Logger, pino } from 'pino';
import type { Context } from './context.ts';
import { exitCode, exitCodeOf } from './exit_codes.ts';
import { type LogOptions, openLog } from './open_log.ts';
import type { ServerOptions } from './options.ts';
import { SequenceState } from './sequence_state.ts';
import { SequenceTeller } from './sequence_teller.ts';
import { userFolders } from './settings.ts';
import { tracedWebSocket } from './traced_web_socket.ts';
import { openClient } from './with_client.ts';

/** The options of `packetboat sequence`, parsed. */
export interface SequenceCommandOptions extends ServerOptions, LogOptions {
  readonly large?: boolean;
  readonly tickMs?: number;
  readonly algorithm: SequenceAlgorithm;
  readonly state?: string;
}

const success = 'system - SUCCESS! local checksum and server checksum are equal';
const failed = 'system - FAIL!';
const interrupted = 'Interrupted; started again as before, within the window of the server, it goes on';
/** What to do, where a sequence is not what the table of errors speaks of. */
const hints: ReadonlyMap<ErrorCode, string> = new Map([
  ['badRequest', 'See packetboat sequence --help.'],
  ['exists', 'Start the command again as before, or with another --id.'],
  ['expired', 'Start the command again for a new sequence.'],
]);
/** A person is watching, and the window of a session may be short. */
const retryMsMax = 1_000;
/** What a server does that is told no other. */
const tickMsDefault = 1_000;

/** Receives `n` numbers; sets the exit code that the checksums deserve. */
export async function runSequence(
  context: Context,
  n: number | undefined,
  options: SequenceCommandOptions,
): Promise<void> {
  const { terminal, world } = context;
  const logger = openSequenceLog(context, options);
  const teller = new SequenceTeller(options.server, world, terminal, options.tickMs ?? tickMsDefault);
  let state: SequenceState | undefined;
  let client: Client | undefined;
  const enter = () => {
    state = openState(context, options);
    return openClient(context, options, {
      retryMsMax,
      whenExpired: 'fail',
      ...(state !== undefined && { session: state }),
      ...(logger.isLevelEnabled('debug') && { webSocket: tracedWebSocket(logger) }),
      onStatus: (event) => {
        logger.info({ status: event.status, session: event.session }, event.text);
        teller.heard(event);
      },
    });
  };
  try {
    client = await enter().catch((error: unknown) => {
      // The session that another process with this id has begun at the same moment is the one to go on in.
      if (isTooLate(error)) return enter();
      throw error;
    });
    const received = state?.received ?? [];
    teller.resumed(received.length);
    const { tickMs, algorithm } = options;
    const wish = { algorithm, received, ...(n !== undefined && { n }), ...(tickMs !== undefined && { tickMs }) };
    const sequence = client.sequence(wish);
    await print(context, sequence, { state, teller, logger });
    const result = await sequence.result;
    // Before anything else: whoever interrupts what follows leaves nothing to go on with.
    await client.close();
    await tellResult(context, result, algorithm, logger);
  } catch (error) {
    const isInterrupted = context.interruption.signal.aborted;
    if (isInterrupted && state?.isKept === true) terminal.say(interrupted);
    if (isInterrupted || !(error instanceof PacketboatError)) throw error;
    await tellFailure(context, error, logger);
  } finally {
    teller.end();
    await client?.close();
    state?.close();
  }
}

function openState({ env }: Context, { id, state }: SequenceCommandOptions): SequenceState | undefined {
  if (id === undefined) return undefined;
  return new SequenceState(join(state ?? join(userFolders(env).data, 'sequence'), encodeName(id)));
}

/** Whether another life has saved a session where there was none when this one began. */
function isTooLate(error: unknown): boolean {
  const cause = error instanceof PacketboatError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
}

function openSequenceLog({ terminal }: Context, options: SequenceCommandOptions): Logger {
  // A person reads the terminal, and has asked for no log there.
  if (options.logFile === undefined && options.logLevel !== 'debug') return pino({ level: 'silent' });
  return openLog(options, terminal).logger;
}

interface Listeners {
  readonly state: SequenceState | undefined;
  readonly teller: SequenceTeller;
  readonly logger: Logger;
}

async function print({ terminal }: Context, sequence: Sequence, { state, teller, logger }: Listeners): Promise<void> {
  for await (const number of sequence) {
    const count = number.index + 1;
    await terminal.print(`[${count}] number: ${number.value}`);
    state?.add(number);
    logger.debug({ number: count, value: number.value }, 'a number came');
    teller.received(count, sequence.n);
  }
}

async function tellResult(
  context: Context,
  { count, local, server, equal }: SequenceResult,
  algorithm: SequenceAlgorithm,
  logger: Logger,
): Promise<void> {
  const { terminal } = context;
  await terminal.print(`local checksum: ${local}`);
  await terminal.print(`server checksum: ${server}`);
  const verdict = equal ? success : `${failed} local checksum and server checksum are not equal`;
  logger[equal ? 'info' : 'error']({ count, algorithm, local, server }, verdict);
  await terminal.print(terminal.style(equal ? 'green' : 'red', verdict));
  if (!equal) context.exitCode = exitCode.failure;
}

async function tellFailure(context: Context, error: PacketboatError, logger: Logger): Promise<void> {
  const { terminal } = context;
  const { code, message, row } = error;
  const verdict = `${failed} ${message}`;
  logger.error({ code }, verdict);
  await terminal.print(terminal.style('red', verdict));
  terminal.warn(hints.get(code) ?? row.hint);
  context.exitCode = exitCodeOf(code);
}
