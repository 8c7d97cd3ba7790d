import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Proxy } from '@packetboat/proxy';
import { Argument, type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { describeBytes } from '@packetboat/core';
import { describeCount } from '../describe.ts';
import { examples } from '../options.ts';
import { parseAddress, parseCount } from '../values.ts';

const toldAgainMs = 30_000;

type Address = ReturnType<typeof parseAddress>;

interface ProxyOptions {
  readonly schedule?: string;
  readonly seed?: number;
  readonly commands?: boolean;
}

/** `packetboat proxy`: a link that breaks on command, on schedule, and with Ctrl-C. */
export function proxy(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument('[listen]', 'where clients connect: port, or host:port; port 0 lets the system choose')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 49_156 }, '49156'),
    )
    .addArgument(
      new Argument('[target]', 'where the server is')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 8_000 }, '8000'),
    )
    .option('--schedule <file>', 'faults at given times, as JSON')
    .addOption(new Option('--seed <n>', 'decides all chance of the faults').argParser(parseCount))
    .option('--commands', 'lines on stdin break the link and heal it')
    .addHelpText(
      'after',
      `
With --commands, say: cut, blackhole, down, drop up, drop down, delay 200, bandwidth 64000;
"clear" heals it. Ctrl-C cuts every connection and lets nobody in.
A schedule: [{"atMs": 3000, "forMs": 10000, "fault": "blackhole"}]
${examples('proxy --commands', 'proxy 49156 harbour.example:8000', 'proxy --schedule bad-day.json')}`,
    )
    .action((listen: Address, target: Address, options: ProxyOptions) => forward(context, listen, target, options));
}

async function forward(context: Context, listen: Address, target: Address, options: ProxyOptions): Promise<void> {
  const { parseSchedule, startProxy } = await import('@packetboat/proxy');
  const { terminal, world, interruption } = context;
  const schedule = options.schedule === undefined ? [] : parseSchedule(await readFile(options.schedule, 'utf8'));
  const running = await startProxy({
    listen,
    target,
    world,
    ...(options.seed !== undefined && { seed: options.seed }),
    onUnreachable: unreachableTeller(context, target),
  });
  try {
    await terminal.print(`listening on ${show(running)} -> ${show(target)}`);
    terminal.say('Ctrl-C cuts every connection and stops it.');
    terminal.detail(`seed ${running.seed}`);
    if (schedule.length > 0) {
      running.run(schedule).done.then(
        () => terminal.say('The schedule is at its end.'),
        (error: Error) => terminal.warn(error.message),
      );
    }
    if (options.commands === true) await followCommands(context, running);
    await interruption.stopped();
  } finally {
    await running.stop();
  }
  const { connections, passedBytes, swallowedBytes } = running.counters;
  const swallowed = swallowedBytes.up + swallowedBytes.down;
  terminal.say(
    `Stopped: ${describeCount(connections, 'connection')}, ${describeBytes(passedBytes.up)} up, ${describeBytes(passedBytes.down)} down, ${describeBytes(swallowed)} swallowed.`,
  );
}

/** Tells that the target is not there, not at each attempt to reach it. */
function unreachableTeller({ terminal, world }: Context, target: Address): (cause: Error) => void {
  let toldMs = -Infinity;
  return (cause) => {
    const nowMs = world.clock.monotonicMs();
    if (nowMs - toldMs < toldAgainMs) return;
    toldMs = nowMs;
    terminal.warn(`${show(target)} cannot be reached: ${cause.message}`);
  };
}

/** Does what is typed, for as long as somebody types. */
async function followCommands({ stdin, terminal }: Context, running: Proxy): Promise<void> {
  const { commandLink } = await import('../command_link.ts');
  terminal.say('Type cut, blackhole, delay 200 … to break the link, clear to heal it, help for all.');
  createInterface({ input: stdin }).on('line', (line) => {
    commandLink(running, line).then(
      (answer) => terminal.say(answer),
      (error: Error) => terminal.warn(error.message),
    );
  });
}

function show({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
