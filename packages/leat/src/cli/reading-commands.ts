/** `show`, `list`, `logs`, `get`, `dump`, `diagnose`, `diff` and `code`. */
import type { Command } from 'commander';
import { collect, count, type Done, examples, pricesOption, lookUpOptions } from './command-options.ts';
import type { CodeCommand } from './commands/code.ts';
import type { DiagnoseCommand } from './commands/diagnose.ts';
import type { DiffCommand } from './commands/diff.ts';
import type { DumpCommand } from './commands/dump.ts';
import type { GetCommand } from './commands/get.ts';
import type { ListCommand } from './commands/list-command.ts';
import type { LogsCommand } from './commands/logs.ts';
import type { ShowCommand } from './commands/show.ts';
import type { Terminal } from './output/terminal.ts';

function addRunReaders(root: Command, terminal: Terminal, done: Done): void {
  lookUpOptions(
    root
      .command('show')
      .summary('show the graph of a flow, or how a run went')
      .argument(
        '<what>',
        'a flow file, a run (TrainFlow/417, TrainFlow/latest), or a task (TrainFlow/417/train[3])',
      )
      .option('--mermaid', 'the graph as a Mermaid diagram')
      .option('--dot', 'the graph for Graphviz')
      .addOption(pricesOption()),
  )
    .addHelpText(
      'after',
      examples('leat show train.ts', 'leat show train.ts --mermaid', 'leat show TrainFlow/latest'),
    )
    .action(async (what: string, options: ShowCommand['options']) =>
      done(await (await import('./commands/show.ts')).show({ terminal, what, options })),
    );
  lookUpOptions(
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
      .option('--after <task>', 'only tasks that come after this one: the next page'),
  )
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
  lookUpOptions(
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
      .option('--timestamps', 'with the time of each line'),
  )
    .addHelpText(
      'after',
      examples("leat logs 'TrainFlow/417/train[3]'", 'leat logs TrainFlow/latest/start --follow'),
    )
    .action(async (task: string, options: LogsCommand['options']) =>
      done(await (await import('./commands/logs.ts')).logs({ terminal, task, options })),
    );
  lookUpOptions(
    root
      .command('get')
      .summary('print one artifact')
      .argument('<artifact>', 'as in TrainFlow/417/end.best')
      .option('--facts', 'size, hash and type instead of the value')
      .option('-o, --output <file>', 'write it to a file'),
  )
    .addHelpText(
      'after',
      examples('leat get TrainFlow/latest/end.best', 'leat get TrainFlow/latest/end.chart > chart.svg'),
    )
    .action(async (artifact: string, options: GetCommand['options']) =>
      done(await (await import('./commands/get.ts')).get({ terminal, artifact, options })),
    );
  lookUpOptions(
    root
      .command('dump')
      .summary('print all artifacts of a run or a task')
      .argument('<what>', 'a run or a task')
      .option('--max-size <bytes>', 'leave out values that are larger (default 1000000)', count, 1_000_000),
  )
    .addHelpText('after', examples('leat dump TrainFlow/latest', "leat dump 'TrainFlow/417/train[3]' --json"))
    .action(async (what: string, options: DumpCommand['options']) =>
      done(await (await import('./commands/dump.ts')).dump({ terminal, what, options })),
    );
}

function addDiagnoseCommand(root: Command, terminal: Terminal, done: Done): void {
  lookUpOptions(
    root
      .command('diagnose')
      .summary('say why a task waits or died, and what to do')
      .description(
        'Says why a task waits or died, from the log and from its compute layer, also while another engine drives the run. What cannot be told is called unknown, with what was looked at.',
      )
      .argument(
        '<task>',
        'a task, as in TrainFlow/417/train[3], or one attempt of it, …@1; or a step for its only task',
      ),
  )
    .addHelpText(
      'after',
      examples("leat diagnose 'TrainFlow/417/train[3]'", 'leat diagnose TrainFlow/latest/start --json'),
    )
    .action(async (task: string, options: DiagnoseCommand['options']) =>
      done(await (await import('./commands/diagnose.ts')).diagnose({ terminal, task, options })),
    );
}

function addCodeReaders(root: Command, terminal: Terminal, done: Done): void {
  lookUpOptions(
    root
      .command('diff')
      .summary('compare two runs: parameters, artifacts, code')
      .argument('<run>', 'a run')
      .argument('<other>', 'another run'),
  )
    .addHelpText('after', examples('leat diff TrainFlow/416 TrainFlow/417'))
    .action(async (run: string, other: string, options: DiffCommand['options']) =>
      done(await (await import('./commands/diff.ts')).diff({ terminal, run, other, options })),
    );
  lookUpOptions(
    root
      .command('code')
      .summary('print the source that a run ran')
      .argument('<run>', 'a run')
      .option('-o, --output <folder>', 'write the files there')
      .option('--all', 'also the libraries that were bundled'),
  )
    .addHelpText('after', examples('leat code TrainFlow/417', 'leat code TrainFlow/417 --output old-code'))
    .action(async (run: string, options: CodeCommand['options']) =>
      done(await (await import('./commands/code.ts')).code({ terminal, run, options })),
    );
}

/** Commands that read what runs left. */
export function addReadingCommands(root: Command, terminal: Terminal, done: Done): void {
  addRunReaders(root, terminal, done);
  addOutputReaders(root, terminal, done);
  addDiagnoseCommand(root, terminal, done);
  addCodeReaders(root, terminal, done);
}
