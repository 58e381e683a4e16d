/**
 * Every command with its arguments, options and examples. What a command does is in `commands/<name>.ts`, loaded when
 * it is called.
 */
import type { Command } from 'commander';
import { type Done, profileOption } from './command-options.ts';
import { addConfigureCommands } from './configure-commands.ts';
import { addKeepingCommands } from './keeping-commands.ts';
import type { Terminal } from './output/terminal.ts';
import { addReadingCommands } from './reading-commands.ts';
import { addRunningCommands } from './running-commands.ts';

/** Adds every command to the program; `done` takes the exit code. */
export function registerCommands(root: Command, terminal: Terminal, done: Done): void {
  addRunningCommands(root, terminal, done);
  addReadingCommands(root, terminal, done);
  addKeepingCommands(root, terminal, done);
  addConfigureCommands(root, terminal, done);
  // A profile says where things are: whoever may be told that, may be told the profile.
  for (const command of root.commands) {
    if (command.options.some(({ long }) => long === '--home')) command.addOption(profileOption());
  }
}
