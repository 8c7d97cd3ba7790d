import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type ServerOptions, addServerOptions, examples } from '../options.ts';
import {
  type AckOptions,
  type SourceOptions,
  type SpoolOptions,
  addAckOptions,
  addSourceOptions,
  addSpoolOptions,
} from '../spool_options.ts';

interface AgentOptions extends SpoolOptions, SourceOptions, ServerOptions, AckOptions {
  readonly inbox?: boolean;
  readonly inboxCommand?: string;
}

/** `packetboat agent`: sensor and shipper in one process, and the device's inbox. */
export function agent(command: Command, context: Context): void {
  command.argument('<name>', 'name of the sensor; its records go to the stream sensors/<name>');
  addSpoolOptions(addSourceOptions(command));
  addAckOptions(addServerOptions(command))
    .option('--inbox', 'print what arrives in devices/<name>/inbox on stdout, instead of ACKs')
    .option('--inbox-command <command>', 'run a shell command for each record that arrives there, with it on stdin')
    .addHelpText('after', examples('agent paul', "agent valve --inbox-command './set-valve'"))
    .action((name: string, options: AgentOptions) => runAgentCommand(context, name, options));
}

async function runAgentCommand(context: Context, name: string, options: AgentOptions): Promise<void> {
  const { describeSource } = await import('../edge.ts');
  const { startAgent } = await import('../start_agent.ts');
  const { terminal, interruption } = context;
  const inbox = options.inboxCommand ?? (options.inbox === true ? 'stdout' : undefined);
  const running = await startAgent(context, name, {
    ...options,
    acks: options.inbox === true ? 'none' : options.ackFormat,
    inbox: inbox === undefined ? undefined : { command: options.inboxCommand },
  });
  terminal.say(`Agent ${name} samples ${describeSource(options)} and ships to ${options.server}. Ctrl-C stops it.`);
  void interruption.stopped().then(() => running.stop());
  await running.done;
}
