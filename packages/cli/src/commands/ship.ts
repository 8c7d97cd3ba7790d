import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type ServerOptions, addServerOptions, examples } from '../options.ts';
import { type AckOptions, type SpoolOptions, addAckOptions, addSpoolOptions } from '../spool_options.ts';

interface ShipOptions extends SpoolOptions, ServerOptions, AckOptions {
  readonly untilEmpty?: boolean;
}

/** `packetboat ship`: spool to server, for ever; prints an ACK for each record (S0.13). */
export function ship(command: Command, context: Context): void {
  command.argument('<name>', 'name of the sensor whose spool is shipped');
  addAckOptions(addServerOptions(addSpoolOptions(command)))
    .option('--until-empty', 'end when the server has everything that waits')
    .addHelpText(
      'after',
      `
It may start before the sensor, and waits for a server that is not there. Prints "ACK <time>" for each record
that the server has, in order; what is lost to the spool's limit appears as GAP.
${examples('ship paul', 'ship paul --server http://harbour.example:8000 --until-empty')}`,
    )
    .action((name: string, options: ShipOptions) => shipSpool(context, name, options));
}

async function shipSpool(context: Context, name: string, options: ShipOptions): Promise<void> {
  const { describeWaiting, openShippingClient, openSpoolOf, runShipper } = await import('../edge.ts');
  const { terminal, interruption } = context;
  const opened = await openSpoolOf(context, name, 'shipper', options);
  try {
    const waiting = await describeWaiting(opened.spool);
    terminal.say(
      `Shipping ${opened.folder} to ${options.server}, stream sensors/${name}; ${waiting}. Ctrl-C stops it.`,
    );
    const client = await openShippingClient(context, options, opened.spool, interruption.signal);
    if (client === undefined) return;
    try {
      const shipper = runShipper(context, name, opened, client, options.ackFormat);
      void interruption.stopped().then(() => shipper.stop());
      if (options.untilEmpty === true) {
        await shipper.drained();
        await shipper.stop();
      }
      await shipper.done;
    } finally {
      await client.close();
    }
  } finally {
    terminal.say(`Shipping stopped; ${await describeWaiting(opened.spool)}.`);
    await opened.spool.close();
  }
}
