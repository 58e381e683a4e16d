/**
 * Every command with its arguments, options and examples. What a command does is in `commands/<name>.ts`, loaded when
 * it is called.
 */
import type { Command } from 'commander';
import {
  collect,
  count,
  type Done,
  eventsOption,
  examples,
  homeOption,
  datastoreOption,
  metadataOption,
  jsonOption,
  namespaceOption,
  pricesOption,
  profileOption,
  runIdOption,
} from './command-options.ts';
import type { CheckCommand } from './commands/check.ts';
import type { CodeCommand } from './commands/code.ts';
import type { DiagnoseCommand } from './commands/diagnose.ts';
import type { DiffCommand } from './commands/diff.ts';
import type { DumpCommand } from './commands/dump.ts';
import type { GetCommand } from './commands/get.ts';
import type { ListCommand } from './commands/list-command.ts';
import type { LogsCommand } from './commands/logs.ts';
import type { RecoverCommand } from './commands/recover.ts';
import type { ResumeCommand } from './commands/resume.ts';
import type { RunCommand } from './commands/run.ts';
import type { ShowCommand } from './commands/show.ts';
import { addConfigureCommands } from './configure-commands.ts';
import { addKeepingCommands } from './keeping-commands.ts';
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

function addRunCommands(root: Command, terminal: Terminal, done: Done): void {
  addRunCommand(root, terminal, done);
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

function addRunReaders(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('show')
    .summary('show the graph of a flow, or how a run went')
    .argument(
      '<what>',
      'a flow file, a run (TrainFlow/417, TrainFlow/latest), or a task (TrainFlow/417/train[3])',
    )
    .option('--mermaid', 'the graph as a Mermaid diagram')
    .option('--dot', 'the graph for Graphviz')
    .addOption(pricesOption())
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText(
      'after',
      examples('leat show train.ts', 'leat show train.ts --mermaid', 'leat show TrainFlow/latest'),
    )
    .action(async (what: string, options: ShowCommand['options']) =>
      done(await (await import('./commands/show.ts')).show({ terminal, what, options })),
    );
  root
    .command('list')
    .summary('list flows, runs, steps or tasks')
    .argument('<what>', 'flows, runs, steps or tasks')
    .argument('[of]', 'a flow for runs; a run for steps and tasks')
    .option('--tag <tag>', 'only runs with this tag; may be repeated', collect)
    .option('--status <status>', 'only runs or tasks with this status')
    .option('--step <step>', 'only tasks of this step')
    .option(
      '--limit <n>',
      'at most so many rows (default: 100 runs, 1,000 tasks; all tasks with --json)',
      count,
    )
    .option('--after <task>', 'only tasks that come after this one: the next page')
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText(
      'after',
      examples(
        'leat list flows',
        'leat list runs TrainFlow --tag best',
        'leat list tasks TrainFlow/latest --status failed',
      ),
    )
    .action(async (what: string, of: string | undefined, options: ListCommand['options']) =>
      done(await (await import('./commands/list.ts')).list({ terminal, what, of, options })),
    );
}

function addOutputReaders(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('logs')
    .summary('print what a task printed')
    .argument('<task>', 'a task, as in TrainFlow/417/train[3]; or a step for its only task')
    .option('-f, --follow', 'go on until the task has ended')
    .option(
      '--attempt <n>',
      'of this attempt (default: the last)',
      (text) => count(String(Number(text) + 1)) - 1,
    )
    .option('--timestamps', 'with the time of each line')
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText(
      'after',
      examples("leat logs 'TrainFlow/417/train[3]'", 'leat logs TrainFlow/latest/start --follow'),
    )
    .action(async (task: string, options: LogsCommand['options']) =>
      done(await (await import('./commands/logs.ts')).logs({ terminal, task, options })),
    );
  root
    .command('get')
    .summary('print one artifact')
    .argument('<artifact>', 'as in TrainFlow/417/end.best')
    .option('--facts', 'size, hash and type instead of the value')
    .option('-o, --output <file>', 'write it to a file')
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText(
      'after',
      examples('leat get TrainFlow/latest/end.best', 'leat get TrainFlow/latest/end.chart > chart.svg'),
    )
    .action(async (artifact: string, options: GetCommand['options']) =>
      done(await (await import('./commands/get.ts')).get({ terminal, artifact, options })),
    );
  root
    .command('dump')
    .summary('print all artifacts of a run or a task')
    .argument('<what>', 'a run or a task')
    .option('--max-size <bytes>', 'leave out values that are larger (default 1000000)', count, 1_000_000)
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText('after', examples('leat dump TrainFlow/latest', "leat dump 'TrainFlow/417/train[3]' --json"))
    .action(async (what: string, options: DumpCommand['options']) =>
      done(await (await import('./commands/dump.ts')).dump({ terminal, what, options })),
    );
}

function addDiagnoseCommand(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('diagnose')
    .summary('say why a task waits or died, and what to do')
    .description(
      'Says why a task waits or died, from the log and from its compute layer, also while another engine drives the run. What cannot be told is called unknown, with what was looked at.',
    )
    .argument(
      '<task>',
      'a task, as in TrainFlow/417/train[3], or one attempt of it, …@1; or a step for its only task',
    )
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText(
      'after',
      examples("leat diagnose 'TrainFlow/417/train[3]'", 'leat diagnose TrainFlow/latest/start --json'),
    )
    .action(async (task: string, options: DiagnoseCommand['options']) =>
      done(await (await import('./commands/diagnose.ts')).diagnose({ terminal, task, options })),
    );
}

function addCodeReaders(root: Command, terminal: Terminal, done: Done): void {
  root
    .command('diff')
    .summary('compare two runs: parameters, artifacts, code')
    .argument('<run>', 'a run')
    .argument('<other>', 'another run')
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText('after', examples('leat diff TrainFlow/416 TrainFlow/417'))
    .action(async (run: string, other: string, options: DiffCommand['options']) =>
      done(await (await import('./commands/diff.ts')).diff({ terminal, run, other, options })),
    );
  root
    .command('code')
    .summary('print the source that a run ran')
    .argument('<run>', 'a run')
    .option('-o, --output <folder>', 'write the files there')
    .option('--all', 'also the libraries that were bundled')
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption())
    .addHelpText('after', examples('leat code TrainFlow/417', 'leat code TrainFlow/417 --output old-code'))
    .action(async (run: string, options: CodeCommand['options']) =>
      done(await (await import('./commands/code.ts')).code({ terminal, run, options })),
    );
}

/** Adds every command to the program; `done` takes the exit code. */
export function registerCommands(root: Command, terminal: Terminal, done: Done): void {
  addRunCommands(root, terminal, done);
  addRunReaders(root, terminal, done);
  addOutputReaders(root, terminal, done);
  addDiagnoseCommand(root, terminal, done);
  addCodeReaders(root, terminal, done);
  addKeepingCommands(root, terminal, done);
  addConfigureCommands(root, terminal, done);
  // A profile says where things are: whoever may be told that, may be told the profile.
  for (const command of root.commands) {
    if (command.options.some(({ long }) => long === '--home')) command.addOption(profileOption());
  }
}
