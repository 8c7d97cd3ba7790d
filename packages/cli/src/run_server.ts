/** Store, server, and perhaps an agent, from start to stop. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLimits, PacketboatError, type Store } from '@packetboat/core';
import { type Server, startServer } from '@packetboat/server';
import type { ServeOptions } from './serve_options.ts';
import type { Context } from './context.ts';
import { dataFolder } from './data_folder.ts';
import { describeDuration } from './describe.ts';
import { failure, wrongCall } from './failure.ts';
import { type Log, openLog } from './open_log.ts';
import { openServerStore } from './open_server_store.ts';
import { type Agent, startAgent } from './start_agent.ts';
import type { Teller } from './terminal.ts';

/** Runs until a signal asks for the end, or the store fails. */
export async function runServer(context: Context, options: ServeOptions): Promise<void> {
  const folder = storeFolder(context, options);
  if (!isLoopback(options.host) && options.insecure !== true) {
    throw wrongCall(
      `Listening on ${options.host} would let anybody on the network read and write: there are no accounts yet. Add --insecure if that is what you want.`,
    );
  }
  const log = openLog(options, context.terminal);
  const { logger } = log;
  // Where the log is for machines, messages for people are part of it.
  const teller: Teller = log.forPeople
    ? context.terminal
    : { say: (message) => logger.info({}, message), warn: (message) => logger.warn({}, message) };
  const store = await openServerStore(context, folder, options, logger);
  try {
    await serveStore({ ...context, teller }, options, store, folder, log);
  } finally {
    await store.close();
  }
}

/** Where the store is kept; nothing is kept of one in memory. */
function storeFolder({ env }: Context, options: ServeOptions): string | undefined {
  if (options.store === 'embedded') return dataFolder(options, env, 'mayBeMissing');
  if (options.sensor !== undefined) {
    throw wrongCall('--sensor keeps its samples on disk until they are stored: it needs --store embedded.');
  }
  return undefined;
}

async function serveStore(
  context: Context,
  options: ServeOptions,
  store: Store,
  folder: string | undefined,
  log: Log,
): Promise<void> {
  const { interruption, teller } = context;
  const server = await listen(context, options, store, log);
  let agent: Agent | undefined;
  try {
    if (options.portFile !== undefined) writePortFile(options.portFile, server.port);
    await context.terminal.print(`listening on ${server.url}`);
    if (folder === undefined) teller.warn('Records are kept in memory only: they are gone when this server stops.');
    else teller.say(`Records are kept in ${folder}.`);
    if (options.sensor !== undefined && folder !== undefined) {
      agent = await sampleHere(context, options, options.sensor, server, folder);
    }
    if (agent === undefined) teller.say('Ctrl-C stops it.');
    // A sensor that fails is told; the server goes on for everybody else.
    agent?.done.catch((error: Error) => log.logger.error({ error: error.message }, 'the sensor has failed'));
    const failed = await Promise.race([interruption.stopped(), server.failed]);
    if (failed !== undefined) throw fatal(failed, log);
    teller.say('Stopping: clients are told, what was begun is finished.');
  } finally {
    await agent?.stop();
    await server.stop('the operator stopped it');
    if (options.portFile !== undefined) rmSync(options.portFile, { force: true });
  }
  teller.say('Stopped.');
}

async function listen(context: Context, options: ServeOptions, store: Store, log: Log): Promise<Server> {
  const { host, port, insecure = false, allowedHosts = [], corsOrigin: corsOrigins = [] } = options;
  const { heartbeatMs, windowMs } = options;
  try {
    return await startServer({
      store,
      host,
      port,
      insecure,
      allowedHosts,
      corsOrigins,
      publicUrl: options.publicUrl,
      webhooks: {
        public: options.webhooks === true,
        loopback: options.webhooksAllowLoopback === true,
        ...(options.webhookHosts !== undefined && { hosts: options.webhookHosts }),
      },
      limits: { ...defaultLimits, heartbeatMs, windowMs },
      world: context.world,
      log: log.logger,
    });
  } catch (error) {
    const cause = error instanceof PacketboatError ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      throw failure(
        `Port ${port} on ${host} is in use by another program. Stop it, or choose another with --port (0: the system chooses).`,
      );
    }
    if (cause instanceof Error && code !== undefined) {
      throw failure(`Cannot listen on ${host}, port ${port}: ${cause.message}. Choose others with --host and --port.`);
    }
    throw error;
  }
}

/** An agent that samples this machine into this server, and what a person does next. */
async function sampleHere(
  context: Context,
  options: ServeOptions,
  name: string,
  server: Server,
  folder: string,
): Promise<Agent> {
  const url = ownUrl(server);
  const agent = await startAgent(context, name, {
    spool: join(folder, 'spool'),
    spoolBytes: 100_000_000,
    whenFull: 'degrade',
    source: 'machine',
    format: 'values',
    interval: options.interval,
    server: url,
    acks: 'none',
  });
  const elsewhere = server.port === 8_000 ? '' : ` --server ${url}`;
  for (const line of [
    `This machine is sampled every ${describeDuration(options.interval)} into the stream sensors/${name}.`,
    `Watch it live:     npx packetboat tail sensors/${name}${elsewhere}`,
    `Prove it whole:    npx packetboat streams verify sensors/${name}${elsewhere}`,
    `Metrics:           ${url}/metrics`,
    'Ctrl-C stops it.',
  ]) {
    context.teller.say(line);
  }
  return agent;
}

/** The store stopped for good: nothing is acknowledged any more, and whoever supervises starts us again (P8). */
function fatal(error: Error, log: Log): Error {
  const code = error instanceof PacketboatError ? error.code : 'storeFailed';
  log.logger.error({ code, error: error.message }, 'the store has failed: nothing is acknowledged any more');
  return error instanceof PacketboatError ? error : new PacketboatError('storeFailed', error.message, { cause: error });
}

/** How this machine itself reaches the server. */
function ownUrl({ url, host, port }: Server): string {
  return host === '0.0.0.0' || host === '::' ? `http://127.0.0.1:${port}` : url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Whoever reads the file finds a whole number or no file. */
function writePortFile(path: string, port: number): void {
  writeFileSync(`${path}.new`, `${port}\n`);
  renameSync(`${path}.new`, path);
}
