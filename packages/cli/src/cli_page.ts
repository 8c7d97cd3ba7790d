/** docs/cli.md, made from the command tree. */
import { PassThrough, Writable } from 'node:stream';
import { nodeWorld } from '@packetboat/core/node';
import type { Command } from 'commander';
import { exitCodeMeanings } from './exit_codes.ts';
import { Interruption } from './interruption.ts';
import { buildProgram, everyCommand } from './program.ts';
import { commandPath } from './settings.ts';
import { Terminal } from './terminal.ts';

const introduction = `# The command line

<!-- Made from the command tree by \`node packages/cli/src/write_cli_page.ts\`; a test compares it. -->

Data goes to stdout, messages go to stderr. On a terminal there are colours and progress bars; \`NO_COLOR\`, \`--no-color\`
and \`TERM=dumb\` turn them off. Machines read \`--json\`. In a clone, say \`npx packetboat …\` after \`npm ci\`.`;

const settings = `## Settings

Every option can be said in four places. The first one that says it counts:

1. the command line: \`--port 8001\`
2. the environment: \`PACKETBOAT_PORT=8001\` (upper case, \`_\` for \`-\`; \`true\` or \`false\` for options without a value)
3. the config file: \`port = 8001\`
4. the default

The config file is TOML. It is named by \`--config\` or \`PACKETBOAT_CONFIG\`, or lies at \`packetboat/config.toml\` in your
config folder (\`$XDG_CONFIG_HOME\`, usually \`~/.config\`). Keys on top count for every command that has the option, a table
for its own command. An unknown key is an error that names its line.

\`\`\`toml
server = "http://harbour.example:8000"

[serve]
port = 8001
data = "/var/lib/packetboat"

[streams.verify]
timeout = "1m"
\`\`\`

Secrets are never taken from the command line.

Where no folder is said, stores and spools are kept in \`$STATE_DIRECTORY\` (set by systemd), or in \`packetboat\` below your
data folder (\`$XDG_DATA_HOME\`, usually \`~/.local/share\`). Compiled sources are cached below \`$XDG_CACHE_HOME\`, usually
\`~/.cache\`.`;

/** Makes the page. */
export async function cliPage(): Promise<string> {
  let shown = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString();
      done();
    },
  });
  const terminal = new Terminal(output, output);
  terminal.configure({ color: false });
  const program = await buildProgram({
    terminal,
    teller: terminal,
    world: nodeWorld,
    env: {},
    stdin: new PassThrough(),
    interruption: new Interruption({ on: () => {}, off: () => {}, exit: () => {} }, nodeWorld),
    exitCode: 0,
  });
  const help = (command: Command): string => {
    shown = '';
    command.outputHelp();
    return shown.trim();
  };
  const commands = [...everyCommand(program)].filter((command) => command.name() !== 'complete');
  const sections = commands.map((command) => {
    const name = ['packetboat', commandPath(command)].join(' ').trim();
    return `## ${name}\n\n\`\`\`text\n${help(command)}\n\`\`\``;
  });
  return `${[introduction, exitCodes(), settings, ...sections].join('\n\n')}\n`;
}

function exitCodes(): string {
  const rows = exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return `## Exit codes

A reader of our output that goes away (\`| head\`) ends the command quietly with 141. An error is one line on stderr:
\`packetboat: what happened. What you can do.\`

| code | meaning |
|---|---|
${rows.join('\n')}

A service that is asked to stop (Ctrl-C, SIGTERM) and finishes its work exits with 0: stopping is its normal end. Work
that is interrupted (\`tail\`, \`pub\`, \`streams verify\` …) exits with 128 + the signal's number.`;
}
