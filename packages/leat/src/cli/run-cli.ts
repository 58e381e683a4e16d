/**
 * The command line: parse, call `run/` or `client/`, print for people or as JSON. Each command is a file of its own and
 * is loaded only when it is called: the start of `leat run` is on the path of every run.
 */
import { Command, CommanderError } from 'commander';

import { exitCodes } from '../errors/index.ts';
import { registerCommands } from './commands.ts';
import { asLeatError, errorJson, errorLines } from './output/print-error.ts';
import { processTerminal, type Terminal } from './output/terminal.ts';
import { version } from './version.ts';

function reportError(thrown: unknown, terminal: Terminal, json: boolean): number {
  const error = asLeatError(thrown);
  if (json) terminal.out.write(`${JSON.stringify(errorJson(error))}\n`);
  else terminal.err.write(`${errorLines(error, terminal.err).join('\n')}\n`);
  return error.exitCode;
}

function program(terminal: Terminal, done: (exitCode: number) => void): Command {
  const root = new Command('leat')
    .description('Run TypeScript functions as batch workflows: on this machine, or on thousands.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHasColors: () => terminal.out.style('bold', 'x') !== 'x',
      outputError: (text, write) =>
        write(text.replace(/^error: /, `${terminal.err.style(['red', 'bold'], 'error')} `)),
    })
    .showSuggestionAfterError(true);
  registerCommands(root, terminal, done);
  return root;
}

/** Runs one command line (without `node leat`) and returns its exit code. Never throws. */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const root = program(terminal, (code) => {
    exitCode = code;
  });
  try {
    await root.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return reportError(thrown, terminal, argv.includes('--json'));
  }
}
