/**
 * The command line: parse, call `run/` or `client/`, print for people or as JSON. Each command is a file of its own and
 * is loaded only when it is called: the start of `leat run` is on the path of every run.
 */
import { Command, CommanderError } from 'commander';

import { exitCodes, LeatError } from '../errors/index.ts';
import { registerCommands } from './commands.ts';
import { asLeatError, errorJson, errorLines } from './output/print-error.ts';
import { withoutSecrets } from './output/shown-command.ts';
import { processTerminal, type Terminal } from './output/terminal.ts';
import { addVendorCommands } from './vendor-commands.ts';
import { version } from './version.ts';

function reportError(thrown: unknown, terminal: Terminal, argv: readonly string[]): number {
  const error = asLeatError(thrown);
  const say = (text: string): string => `${withoutSecrets(text, argv)}\n`;
  if (argv.includes('--json')) terminal.out.write(say(JSON.stringify(errorJson(error))));
  else terminal.err.write(say(errorLines(error, terminal.err).join('\n')));
  return error.exitCode;
}

function program(terminal: Terminal): Command {
  const root = new Command('leat')
    .description('Run TypeScript functions as batch workflows: on this machine, in containers, on AWS Batch.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHasColors: () => terminal.out.style('bold', 'x') !== 'x',
      // A wrong command line is reported as every other error is.
      outputError: () => {},
    })
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showSuggestionAfterError(true);
  return root;
}

/** What the parser says of a wrong command line, as an error of ours: its own text ends in a suggestion where it has one. */
function usageError({ message }: CommanderError, root: Command, argv: readonly string[]): LeatError {
  const suggestion = /\n\((?<text>Did you mean .*)\)$/.exec(message)?.groups?.['text'];
  const command = root.commands.find((one) => one.name() === argv[0]);
  const inner = command?.commands.find((one) => one.name() === argv[1]);
  const words = [command, inner].flatMap((one) => (one === undefined ? [] : [one.name()]));
  const help = ['leat', ...words, '--help'].join(' ');
  return new LeatError('USAGE', message.replace(/^error: /, '').replace(/\n\(Did you mean .*\)$/, ''), {
    hint: suggestion ?? help,
  });
}

/** Runs one command line (without `node leat`) and returns its exit code. Never throws. */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const done = (code: number): void => {
    exitCode = code;
  };
  const root = program(terminal);
  registerCommands(root, terminal, done);
  try {
    await addVendorCommands(root, argv, { terminal, done });
    if (argv.length === 0) root.outputHelp();
    else await root.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const isCommander = thrown instanceof CommanderError;
    if (isCommander && thrown.exitCode === 0) return exitCodes.ok;
    const error = isCommander ? usageError(thrown, root, argv) : thrown;
    return reportError(error, terminal, argv);
  }
}
