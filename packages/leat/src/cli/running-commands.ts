/** `run`, `resume`, `recover` and `check`. */
import type { Command } from 'commander';
import {
  collect,
  count,
  datastoreOption,
  type Done,
  eventsOption,
  examples,
  homeOption,
  jsonOption,
  metadataOption,
  namespaceOption,
  pricesOption,
  runIdOption,
} from './command-options.ts';
import type { CheckCommand } from './commands/check.ts';
import type { RecoverCommand } from './commands/recover.ts';
import type { ResumeCommand } from './commands/resume.ts';
import type { RunCommand } from './commands/run.ts';
import type { Terminal } from './output/terminal.ts';

/** What a new run takes, whether it begins from nothing or from an older run. */
function newRunOptions(command: Command): Command {
  return command
    .option(
      '--with <layer>',
      'move or decorate every step, as in batch:memory=10000,cpu=8 or retry:times=3; may be repeated',
      collect,
    )
    .option('--max-workers <n>', 'most tasks at a time (default: what the compute layer takes)', count)
    .option('--fail-fast', 'end the tasks that run when one has failed')
    .option('--speculate', "start a second copy of a task that takes far longer than its step's others")
    .option('--detach', 'on Ctrl-C leave jobs running that need no engine, as on batch (default: end them)')
    .option('--tag <tag>', 'tag the run; may be repeated', collect)
    .addOption(runIdOption())
    .option('--namespace <name>', 'whose run it is (default: user:NAME; env LEAT_NAMESPACE)')
    .addOption(homeOption())
    .addOption(metadataOption())
    .addOption(datastoreOption())
    .addOption(pricesOption())
    .addOption(eventsOption());
}

function addRunCommand(root: Command, terminal: Terminal, done: Done): void {
  newRunOptions(root.command('run'))
    .summary('run a flow')
    .description(
      'Runs the flow of a file. The parameters of the flow are options too: see `leat run FLOW --help`.',
    )
    // Not required by the parser, so that `--help` alone works and an option in its place gets a message of its own.
    .argument('[flow]', 'the flow file')
    .usage('[options] <flow>')
    .option('--params <file>', 'read parameters from a JSON or YAML file')
    // The parser's own help would not wait for the flow, whose parameters belong to it.
    .helpOption(false)
    .option('-h, --help', 'show help, and with a flow its parameters')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      examples('leat run train.ts --alpha 0.2', 'leat run train.ts --with retry --max-workers 4'),
    )
    .action(async (flow: string | undefined, options: RunCommand['options'], command: Command) => {
      const { run } = await import('./commands/run.ts');
      const showHelp = (): void => command.outputHelp();
      done(await run({ terminal, flow, options, rest: command.args.slice(1), showHelp }));
    });
}

function addResumeCommand(root: Command, terminal: Terminal, done: Done): void {
  newRunOptions(root.command('resume'))
    .summary('run again what failed, and what comes after it')
    .description(
      'Starts a new run that takes over the results of an earlier one and runs only what failed, is missing, or comes after that.',
    )
    .argument(
      '[run]',
      'the run to resume, as in TrainFlow/417 (default: the newest that did not succeed and that nobody drives)',
    )
    .option('--from <step>', 'run this step and all after it again, also what succeeded')
    .option('--flow <file>', 'the flow file (default: where the run had it)')
    .addHelpText('after', examples('leat resume', 'leat resume TrainFlow/417 --from choose'))
    .action(async (run: string | undefined, options: ResumeCommand['options']) =>
      done(await (await import('./commands/resume.ts')).resume({ terminal, run, options })),
    );
}

function addRecoverCommand(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('recover')
    .summary('go on with a run whose engine has died')
    .description(
      'Takes up a run in place: what is finished stays, tasks that still run are followed, the rest is started. Code, parameters and options are those that the run began with.',
    )
    .argument('<run>', 'the run to recover, as in TrainFlow/417')
    .option('--force', 'take it over also from an engine that still holds it: that one stops')
    .option('--max-workers <n>', 'most tasks at a time (default: as before)', count)
    .option('--fail-fast', 'end the tasks that run when one has failed (default: as before)')
    .option(
      '--speculate',
      "start a second copy of a task that takes far longer than its step's others (default: as before)",
    )
    .option('--detach', 'on Ctrl-C leave jobs running that need no engine, as on batch (default: end them)')
    .addOption(runIdOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addOption(datastoreOption())
    .addOption(pricesOption())
    .addOption(eventsOption())
    .addHelpText('after', examples('leat recover TrainFlow/417', 'leat recover TrainFlow/latest'))
    .action(async (run: string, options: RecoverCommand['options']) =>
      done(await (await import('./commands/recover.ts')).recover({ terminal, run, options })),
    );
}

function addCheckCommand(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('check')
    .summary('check the graph of a flow without running it')
    .argument('<flow>', 'the flow file')
    .option('--with <layer>', 'check for this compute layer; may be repeated', collect)
    .addOption(jsonOption())
    .addOption(homeOption())
    .addHelpText('after', examples('leat check train.ts', 'leat check train.ts --with batch'))
    .action(async (flow: string, options: CheckCommand['options']) =>
      done(await (await import('./commands/check.ts')).check({ terminal, flow, options })),
    );
}

/** Commands that run a flow, or say beforehand whether it can run. */
export function addRunningCommands(root: Command, terminal: Terminal, done: Done): void {
  addRunCommand(root, terminal, done);
  addResumeCommand(root, terminal, done);
  addRecoverCommand(root, terminal, done);
  addCheckCommand(root, terminal, done);
}
