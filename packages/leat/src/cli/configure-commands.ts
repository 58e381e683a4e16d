/** `leat configure`: profiles, and what they say of a vendor's services. */
import type { Command } from 'commander';
import { type Done, examples, jsonOption, profileOption } from './command-options.ts';
import type { ConfigureCommand } from './commands/configure.ts';
import type { Terminal } from './output/terminal.ts';
import { vendors } from './vendors.ts';

/** Adds the group. What makes a profile for a vendor comes from the vendor's package. */
export function addConfigureCommands(root: Command, terminal: Terminal, done: Done): void {
  const group = root
    .command('configure')
    .summary('make, show and try out profiles')
    .description(
      'A profile says once what would otherwise be typed each time: where artifacts and metadata are, which queue, which roles. It is a JSON file in ~/.config/leat/profiles and holds no secrets.',
    )
    .usage('<command>')
    .helpCommand(false);
  for (const { configures } of vendors)
    group.command(configures).summary(`make a profile for ${configures.toUpperCase()}`).usage('[options]');
  group
    .command('show')
    .summary('show a profile, and which there are')
    .addOption(profileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('leat configure show', 'leat configure show --profile research --json'))
    .action(async (options: ConfigureCommand['options']) =>
      done((await import('./commands/configure.ts')).showProfile({ terminal, options })),
    );
  group
    .command('validate')
    .summary('try out what a profile says, by real calls')
    .description(
      'Writes and reads a small object in the datastore, opens the metadata, and asks the vendor for queues and roles. Ends with exit code 3 when something does not work.',
    )
    .addOption(profileOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('leat configure validate', 'leat configure validate --profile research'))
    .action(async (options: ConfigureCommand['options']) =>
      done(await (await import('./commands/configure.ts')).validateProfile({ terminal, options })),
    );
}
