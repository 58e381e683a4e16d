/** Puts vendors' commands into the parser: their groups always, so that help lists them, and what is in a group when it is called. */
import { type Command, Option } from 'commander';
import { collect, type Done, examples } from './command-options.ts';
import type { Terminal } from './output/terminal.ts';
import type { VendorCommand } from './vendor-command.ts';
import { loadVendor, vendors } from './vendors.ts';

/**
 * Adds the groups, and to the one that is called its commands.
 *
 * @param argv the command line, without `node leat`
 * @throws LeatError OPTION_INVALID when a group is called whose package is not installed
 */
export async function addVendorCommands(
  root: Command,
  argv: readonly string[],
  { terminal, done }: { readonly terminal: Terminal; readonly done: Done },
): Promise<void> {
  for (const vendor of vendors) {
    for (const [group, summary] of Object.entries(vendor.groups))
      root.command(group).summary(summary).usage('<command>').helpCommand(false);
    const configures = argv[0] === 'configure' && argv[1] === vendor.configures;
    if (!configures && !Object.hasOwn(vendor.groups, argv[0] ?? '')) continue;
    const { commands } = await loadVendor(vendor);
    for (const command of commands) addCommand(root, command, { terminal, done });
  }
}

function addCommand(
  root: Command,
  { words: [group, name], ...described }: VendorCommand,
  { terminal, done }: { readonly terminal: Terminal; readonly done: Done },
): void {
  const parent = root.commands.find((command) => command.name() === group);
  if (parent === undefined) return;
  const there = parent.commands.find((command) => command.name() === name);
  const command = (there ?? parent.command(name)).summary(described.summary);
  if (described.description !== undefined) command.description(described.description);
  for (const argument of described.arguments ?? []) command.argument(argument.name, argument.description);
  for (const { flags, description, repeated = false } of described.options ?? []) {
    const option = new Option(flags, description);
    if (repeated) option.argParser(collect);
    command.addOption(option);
  }
  command.addHelpText('after', examples(...described.examples)).action(async (...given: unknown[]) => {
    // The parser hands over the arguments one by one, then the options, then itself.
    const words = given.slice(0, -2).filter((word) => word !== undefined) as (string | readonly string[])[];
    const options = command.opts<Record<string, unknown>>();
    done(await described.run({ terminal, arguments: words, options }));
  });
}
