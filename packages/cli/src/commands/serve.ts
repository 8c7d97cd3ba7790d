import { defaultLimits } from '@packetboat/core';
import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { addDataOption } from '../data_folder.ts';
import { addLogOptions } from '../open_log.ts';
import { addJsonOption, examples } from '../options.ts';
import type { ServeOptions } from '../serve_options.ts';
import {
  parseBytes,
  parseDuration,
  parseHeartbeatMs,
  parseNames,
  parseOrigin,
  parseOrigins,
  parsePort,
  parseWindowMs,
} from '../values.ts';

/** `packetboat serve`: a server on the embedded store, or on none. */
export function serve(command: Command, context: Context): void {
  addDataOption(command)
    .addOption(
      new Option('--store <kind>', 'where records are kept; memory: nowhere, all is gone when it stops')
        .choices(['embedded', 'memory'])
        .default('embedded'),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 lets the system choose').argParser(parsePort).default(8_000),
    )
    .option('--port-file <file>', 'write the port into a file once it listens')
    .option('--insecure', 'listen beyond this machine, although everybody may then read and write');
  addHttpOptions(command)
    .option('--sensor <name>', 'also sample this machine into the stream sensors/<name>')
    .addOption(
      new Option('--interval <time>', 'time between samples of --sensor').argParser(parseDuration).default(1_000, '1s'),
    );
  addLogOptions(addSessionOptions(command))
    .addOption(new Option('--wal-bytes-max <size>', 'largest write-ahead log (default: 128MiB)').argParser(parseBytes))
    .addOption(new Option('--ballast-bytes <size>', 'held back for a full disk (default: 16MiB)').argParser(parseBytes))
    .option('--check-config', 'only check and show the settings');
  addJsonOption(command, 'with --check-config: the settings as JSON')
    .addHelpText(
      'after',
      `
Once it is ready it prints "listening on http://HOST:PORT" on stdout. SIGTERM or Ctrl-C stops it gracefully: it tells
its clients, finishes what it has begun, and exits with 0. A second signal ends it at once; nothing acknowledged is lost.
${examples('serve', 'serve --sensor this-machine', 'serve --data /var/lib/packetboat --port 0 --port-file port')}`,
    )
    .action(async (options: ServeOptions) => {
      if (options.checkConfig === true) {
        const { showSettings } = await import('../show_settings.ts');
        return showSettings(context, command, options.json === true);
      }
      const { runServer } = await import('../run_server.ts');
      return runServer(context, options);
    });
}

/** Who may come in over HTTP, and whom the server calls. */
function addHttpOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--allowed-hosts <names>',
        'further names under which clients reach it, separated by commas',
      ).argParser(parseNames),
    )
    .addOption(
      new Option(
        '--cors-origin <origin>',
        'let pages of this origin use the server from a browser (more: repeat it, or separate by commas)',
      ).argParser(parseOrigins),
    )
    .addOption(
      new Option(
        '--public-url <url>',
        'where clients reach it, such as https://boat.example behind a proxy that ends TLS: for links in answers',
      ).argParser(parseOrigin),
    )
    .option('--webhooks', 'call webhooks of subscriptions on public addresses, by https only')
    .addOption(
      new Option('--webhook-hosts <names>', 'the only hosts that --webhooks calls, separated by commas').argParser(
        parseNames,
      ),
    )
    .option(
      '--webhooks-allow-loopback',
      'let webhooks call this machine itself, also without TLS: for trying things out',
    );
}

/** How long clients may be silent, and away. */
function addSessionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--heartbeat-ms <n>',
        'idle milliseconds after which client and server speak; three missed are the end',
      )
        .argParser(parseHeartbeatMs)
        .default(defaultLimits.heartbeatMs),
    )
    .addOption(
      new Option('--window-ms <n>', 'milliseconds for which the session of a client without link is kept')
        .argParser(parseWindowMs)
        .default(defaultLimits.windowMs),
    );
}
