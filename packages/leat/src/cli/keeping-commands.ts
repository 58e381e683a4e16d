/** `tag`, `gc` and `doctor`. */
import type { Command } from 'commander';
import {
  collect,
  count,
  type Done,
  examples,
  homeOption,
  datastoreOption,
  metadataOption,
  jsonOption,
  lookUpOptions,
} from './command-options.ts';
import type { DoctorCommand } from './commands/doctor.ts';
import type { GcCommand } from './commands/gc.ts';
import type { TagCommand } from './commands/tag.ts';
import type { Terminal } from './output/terminal.ts';

/** Commands that keep what runs left in order. */
export function addKeepingCommands(root: Command, terminal: Terminal, done: Done): void {
  lookUpOptions(
    root
      .command('tag')
      .summary('add and remove tags of a run')
      .argument('<run>', 'a run')
      .option('--add <tag>', 'add a tag; may be repeated', collect)
      .option('--remove <tag>', 'remove a tag; may be repeated', collect),
  )
    .addHelpText('after', examples('leat tag TrainFlow/417 --add best --remove candidate'))
    .action(async (run: string, options: TagCommand['options']) =>
      done(await (await import('./commands/tag.ts')).tag({ terminal, run, options })),
    );
  root
    .command('gc')
    .summary('delete old runs and what nothing refers to')
    .option(
      '--keep <n>',
      'keep the newest n runs of each flow (default: all runs; only unreferenced files go)',
      count,
    )
    .option('--older-than <days>', 'of the others, delete only those older than this', count)
    .option(
      '--grace <hours>',
      'keep unreferenced files younger than this: a run may be about to refer to them',
      count,
      24,
    )
    .option('--dry-run', 'say what would go, delete nothing')
    .addOption(jsonOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addOption(datastoreOption())
    .addHelpText('after', examples('leat gc --dry-run', 'leat gc --keep 20 --older-than 30'))
    .action(async (options: GcCommand['options']) =>
      done(await (await import('./commands/gc.ts')).gc({ terminal, options })),
    );
  addDoctorCommand(root, terminal, done);
}

function addDoctorCommand(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('doctor')
    .summary('check that what runs left is whole, and say how to repair it')
    .description(
      'Checks the metadata, every result and all that it refers to, hashes included. Ends with exit code 4 when something that was stored is gone or damaged.',
    )
    .argument('[what]', 'a run or a flow, as in TrainFlow/417 (default: everything)')
    .option('--quick', 'only whether things are there, not whether their bytes are right')
    .option(
      '--repair',
      'move aside what is damaged, so that the next run stores it again, and remove old temporary files',
    )
    .option('--json', 'print findings as JSON lines')
    .addOption(homeOption())
    .addOption(metadataOption())
    .addOption(datastoreOption())
    .addHelpText(
      'after',
      examples('leat doctor', 'leat doctor TrainFlow/417 --quick', 'leat doctor --repair'),
    )
    .action(async (what: string | undefined, options: DoctorCommand['options']) =>
      done(await (await import('./commands/doctor.ts')).doctor({ terminal, what, options })),
    );
}
