import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { PacketboatError, type Timer } from '@packetboat/core';
import type { Api, Endpoint, ProxySet } from '@packetboat/proxy';
import { Argument, type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { failure, wrongCall } from '../failure.ts';
import { addJsonOption, examples, type JsonOptions } from '../options.ts';
import { ProxyTeller } from '../proxy_teller.ts';
import { parseAddress, parseCount, parsePort } from '../values.ts';

const listenDefault: Endpoint = { host: '127.0.0.1', port: 49_156 };
const targetDefault: Endpoint = { host: '127.0.0.1', port: 8_000 };
/** What the proxy of the command line is called in the control API. */
const mainName = 'packetboat';

interface ProxyOptions extends JsonOptions {
  readonly target?: Endpoint;
  readonly schedule?: string;
  readonly seed?: number;
  readonly commands?: boolean;
  readonly api?: number | true;
}

/** `packetboat proxy`: a link that breaks on command, on schedule, by HTTP, and with Ctrl-C. */
export function proxy(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument(
        '[listen]',
        'where clients connect: port, or host:port; port 0 lets the system choose (default: 49156)',
      ).argParser(parseAddress),
    )
    .addArgument(new Argument('[target]', 'where the server is (default: 8000)').argParser(parseAddress))
    .addOption(new Option('--target <address>', 'where the server is, and listen on 49156').argParser(parseAddress))
    .option('--schedule <file>', 'faults at given times and events, a JSON object a line')
    .addOption(new Option('--seed <n>', 'decides all chance of the faults').argParser(parseCount))
    .option('--commands', 'lines on stdin break the link and heal it')
    .addOption(
      new Option('--api [port]', "Toxiproxy's HTTP API on 127.0.0.1 (default: 8474), and metrics").argParser(parsePort),
    );
  addJsonOption(command, 'what it does, one JSON object a line')
    .addHelpText(
      'after',
      `
With --commands, say: cut, timeout, down, drop down, latency 200 50 up, bandwidth 64000, …; "clear" heals it, "help" shows
all. Ctrl-C cuts every connection and lets nobody in.
A schedule: {"atMs": 3000, "forMs": 10000, "fault": "timeout"}
            {"on": "receipt", "nth": 3, "fault": "cut", "connections": "this"}
All faults, the schedule and the API: docs/proxy.md.
${examples('proxy --commands', 'proxy 49156 harbour.example:8000', 'proxy --schedule bad-day.jsonl --seed 7')}`,
    )
    .action((listen: Endpoint | undefined, target: Endpoint | undefined, options: ProxyOptions) => {
      if (listen !== undefined && target === undefined) {
        throw wrongCall('Give both ports, where to listen and where the server is, or --target alone.');
      }
      if (target !== undefined && options.target !== undefined) throw wrongCall('Give the target once.');
      return forward(context, listen ?? listenDefault, target ?? options.target ?? targetDefault, options);
    });
}

async function forward(context: Context, listen: Endpoint, target: Endpoint, options: ProxyOptions): Promise<void> {
  const { faultTable, parseSchedule, ProxySet, startApi } = await import('@packetboat/proxy');
  const { terminal, world, interruption } = context;
  const { seed = Math.trunc(world.random.fraction() * 2 ** 32), json = false, api } = options;
  const schedule =
    options.schedule === undefined ? [] : parseSchedule(await readFile(options.schedule, 'utf8'), faultTable);
  const teller = new ProxyTeller(terminal, world.clock, mainName, json);
  const proxies = new ProxySet({ world, seed, onEvent: teller.heard });
  let door: Api | undefined;
  let live: Timer | undefined;
  try {
    const main = await proxies.create(mainName, { listen, upstream: target, enabled: true }).catch(cannotStart);
    if (api !== undefined) door = await startApi({ proxies, ...(api !== true && { port: api }) });
    await tellStart(context, main, { seed, json, api: door?.port });
    if (schedule.length > 0) {
      main.run(schedule).done.then(
        () => interruption.signal.aborted || terminal.say('The schedule is at its end.'),
        (error: Error) => terminal.warn(`A step of the schedule failed: ${error.message}.`),
      );
    }
    if (options.commands === true) await followCommands(context, proxies);
    const redraw = () => {
      const [, shown] = proxies.entries().find(([name]) => name === mainName) ?? [];
      if (shown !== undefined) teller.live(shown);
      live = world.timers.after(teller.liveEveryMs, redraw);
    };
    if (terminal.stderr.isTTY === true) redraw();
    await interruption.stopped();
  } finally {
    live?.cancel();
    await door?.stop();
    await proxies.stop();
  }
  for (const [name, { counters }] of proxies.entries()) teller.stopped(name, counters);
}

/** Whoever knows of clients only would be told to look for a server, or into a protocol. */
function cannotStart(error: unknown): never {
  if (!(error instanceof PacketboatError)) throw error;
  if (error.code === 'badRequest') throw wrongCall(`${error.message}.`);
  if (error.code !== 'unreachable') throw error;
  throw failure(`${error.message}. Choose another address to listen on.`);
}

interface Started {
  readonly seed: number;
  readonly json: boolean;
  /** The port of the control API, if there is one. */
  readonly api: number | undefined;
}

async function tellStart({ terminal }: Context, main: Endpoint & { readonly target: Endpoint }, started: Started) {
  const { formatAddress } = await import('@packetboat/proxy');
  const { seed, json, api } = started;
  const listen = formatAddress(main);
  const upstream = formatAddress(main.target);
  if (json) {
    await terminal.printJson({ event: 'listening', listen, upstream, seed, ...(api !== undefined && { api }) });
    return;
  }
  await terminal.print(`listening on ${listen} -> ${upstream}`);
  if (api !== undefined) terminal.say(`The control API listens on http://127.0.0.1:${api}.`);
  terminal.say('Ctrl-C cuts every connection and stops it.');
  terminal.detail(`seed ${seed}`);
}

/** Does what is typed, for as long as somebody types. */
async function followCommands({ stdin, terminal }: Context, proxies: ProxySet): Promise<void> {
  const { commandLink } = await import('../command_link.ts');
  terminal.say('Type cut, timeout, latency 200 … to break the link, clear to heal it, help for all.');
  createInterface({ input: stdin }).on('line', (line) => {
    const done = proxies.inTurn(async () => commandLink(proxies.get(mainName), line));
    done.then(
      (answer) => terminal.say(answer),
      (error: Error) => terminal.warn(error.message),
    );
  });
}
