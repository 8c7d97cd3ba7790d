/**
 * `packetboat completion`: made by `@bomb.sh/tab` from the tree of all other commands. The script that it prints asks
 * the hidden command `complete` at each press of TAB.
 */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { examples } from '../options.ts';

/** Adds `completion` and `complete` to the whole tree. */
export function completion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.summary('print a completion script for your shell')
    .description('Print a completion script for your shell.')
    .addHelpText(
      'after',
      examples(
        'completion bash > ~/.local/share/bash-completion/completions/packetboat',
        'completion zsh > "${fpath[1]}/_packetboat"',
        'completion fish > ~/.config/fish/completions/packetboat.fish',
      ),
    );
}
