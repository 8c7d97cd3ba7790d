import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { examples } from '../options.ts';
import { type SourceOptions, type SpoolOptions, addSourceOptions, addSpoolOptions } from '../spool_options.ts';

interface SensorOptions extends SpoolOptions, SourceOptions {
  readonly print?: boolean;
}

/** `packetboat sensor`: samples into the spool, whether or not there is a server (S0.1). */
export function sensor(command: Command, context: Context): void {
  command.argument('<name>', 'name of the sensor; its records go to the stream sensors/<name>');
  addSourceOptions(command);
  addSpoolOptions(command)
    .option('--print', 'print each record once it is stored in the spool')
    .addHelpText(
      'after',
      examples(
        'sensor paul',
        "sensor boiler --source 'command:read-boiler --celsius' --interval 10s",
        'sensor door --source file:/var/log/door.log',
      ),
    )
    .action((name: string, options: SensorOptions) => sample(context, name, options));
}

async function sample(context: Context, name: string, options: SensorOptions): Promise<void> {
  const { describeEnd, describeSource, describeWaiting, openSpoolOf, runSensor } = await import('../edge.ts');
  const { terminal, interruption } = context;
  const opened = await openSpoolOf(context, name, 'sensor', options);
  try {
    const print = options.print === true ? (line: string) => void terminal.print(line) : undefined;
    const running = runSensor(context, name, opened, options, print);
    terminal.say(`Sensor ${name} samples ${describeSource(options)} into ${opened.folder}. Ctrl-C stops it.`);
    void interruption.stopped().then(() => running.stop());
    await running.done;
    terminal.say(`Sensor ${name} stopped: ${describeEnd(running)}; ${await describeWaiting(opened.spool)}.`);
    if (running.counts.unstored > 0) context.exitCode = 1;
  } finally {
    await opened.spool.close();
  }
}
