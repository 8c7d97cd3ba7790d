/** Sensor, shipper and inbox as the commands start them. */
import { join } from 'node:path';
import {
  BacklogTeller,
  type Inbox,
  type Sensor,
  type Shipper,
  type Source,
  checkSensorName,
  coarsenLines,
  commandHandler,
  commandSource,
  describeBacklog,
  fileSource,
  followInbox,
  machineSource,
  sensorStream,
  startSensor,
  startShipper,
  stdinSource,
  writableHandler,
} from '@packetboat/agent';
import type { Client } from '@packetboat/client';
import type { Spool } from '@packetboat/core';
import { openSpool } from '@packetboat/engine-sqlite';
import { InvalidArgumentError } from 'commander';
import { ackJson, ackText } from './ack_format.ts';
import type { Context } from './context.ts';
import { describeCount, describeDuration } from './describe.ts';
import type { ServerOptions } from './options.ts';
import { userFolders } from './settings.ts';
import { spoolFolder } from './spool_folder.ts';
import type { AckOptions, SourceOptions, SpoolOptions } from './spool_options.ts';
import { openClient } from './with_client.ts';

type Role = 'sensor' | 'shipper' | 'agent';

/** A sensor's spool, and where it is. */
export interface OpenedSpool {
  readonly spool: Spool;
  readonly folder: string;
}

export async function openSpoolOf(
  context: Context,
  name: string,
  role: Role,
  options: SpoolOptions,
): Promise<OpenedSpool> {
  checkSensorName(name);
  const folder = spoolFolder(options.spool ?? join(userFolders(context.env).data, 'spool'), name);
  const spool = await openSpool({
    folder,
    role,
    stream: sensorStream(name),
    world: context.world,
    bytesMax: options.spoolBytes,
    whenFull: options.whenFull,
    coarsen: coarsenLines,
  });
  return { spool, folder };
}

/** @throws {InvalidArgumentError} for a source that is none. */
export function chooseSource({ source, format }: SourceOptions, context: Context): Source {
  const [, kind, rest = ''] = /^(command|file):(.+)$/s.exec(source) ?? [];
  if (kind === 'command') return commandSource({ command: ['sh', '-c', rest] });
  if (kind === 'file') return fileSource({ path: rest, format });
  if (source === 'machine') return machineSource();
  if (source === 'stdin') return stdinSource(context.stdin, { format });
  throw new InvalidArgumentError(`--source is machine, stdin, command:… or file:PATH, not ${JSON.stringify(source)}.`);
}

export function runSensor(
  context: Context,
  name: string,
  { spool, folder }: OpenedSpool,
  options: SourceOptions,
  onStored?: (line: string) => void,
): Sensor {
  return startSensor({
    name,
    spool,
    source: chooseSource(options, context),
    world: context.world,
    deadLetterPath: join(folder, 'rejected.jsonl'),
    intervalMs: options.interval,
    onProblem: (message) => context.teller.warn(message),
    ...(onStored !== undefined && { onStored }),
  });
}

/** What a person is told of a sensor's source. */
export function describeSource({ source, interval }: SourceOptions): string {
  if (source === 'machine') return `this machine's CPU and memory every ${describeDuration(interval)}`;
  if (source.startsWith('command:')) return `a command's output every ${describeDuration(interval)}`;
  return source.startsWith('file:') ? `the file ${source.slice('file:'.length)}` : 'the lines of stdin';
}

/** Told at the end of a sensor's life. */
export function describeEnd({ counts }: Sensor): string {
  const { stored, rejected, skipped, unstored } = counts;
  const parts = [
    `${describeCount(stored, 'record')} stored`,
    ...(rejected > 0 ? [`${describeCount(rejected, 'line')} set aside`] : []),
    ...(skipped > 0 ? [`${describeCount(skipped, 'sample')} skipped`] : []),
    ...(unstored > 0 ? [`${describeCount(unstored, 'record')} NOT stored`] : []),
  ];
  return parts.join(', ');
}

/**
 * Connects for a shipper: outages are told with what waits in the spool.
 *
 * @param signal Gives up waiting for the first connection; the client that is there then stays.
 * @returns `undefined` when given up.
 */
export async function openShippingClient(
  context: Context,
  options: ServerOptions,
  spool: Spool,
  signal: AbortSignal,
): Promise<Client | undefined> {
  const { teller, world } = context;
  const backlog = new BacklogTeller({ spool, clock: world.clock, tell: (message) => teller.say(message) });
  const connecting = new AbortController();
  const giveUp = (): void => connecting.abort();
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) return undefined;
    return await openClient(context, options, { onStatus: backlog.heard, signal: connecting.signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Ships, and prints each acknowledged record unless stdout is for something else. */
export function runShipper(
  context: Context,
  name: string,
  { spool }: OpenedSpool,
  client: Client,
  acks: AckOptions['ackFormat'] | 'none',
): Shipper {
  const format = acks === 'json' ? ackJson : ackText;
  return startShipper({
    name,
    spool,
    client,
    world: context.world,
    onProblem: (message) => context.teller.warn(message),
    ...(acks !== 'none' && { onAcknowledged: (batch) => context.terminal.write(format(batch)) }),
  });
}

/** Hands what arrives for the device to a command, or to stdout. */
export function runInbox(context: Context, name: string, client: Client, command: string | undefined): Inbox {
  const { terminal, teller, world } = context;
  return followInbox({
    name,
    client,
    world,
    handler:
      command === undefined
        ? writableHandler(terminal.stdout)
        : commandHandler({ command: ['sh', '-c', command], timers: world.timers }),
    onProblem: (message) => teller.warn(message),
  });
}

/** `nothing is waiting`, or how much is. */
export async function describeWaiting(spool: Spool): Promise<string> {
  return describeBacklog(await spool.status());
}
