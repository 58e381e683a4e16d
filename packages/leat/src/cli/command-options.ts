/** What the options of several commands have in common. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Takes the exit code of a command. */
export type Done = (exitCode: number) => void;

/** Parses an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Parses a whole number of at least 1. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

/** The examples at the end of a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

export const homeOption = (): Option =>
  new Option('--home <folder>', 'where runs are kept (default: .leat of the project; env LEAT_HOME)');
export const metadataOption = (): Option =>
  new Option(
    '--metadata <url>',
    'where metadata are, as in postgres://HOST/DB (default: with the runs; env LEAT_METADATA)',
  );
export const datastoreOption = (): Option =>
  new Option(
    '--datastore <url>',
    'where artifacts and logs are, as in s3://BUCKET/PREFIX (default: with the runs; env LEAT_DATASTORE)',
  );
export const profileOption = (): Option =>
  new Option(
    '--profile <name>',
    "the profile that says where and how (default: 'default', where it exists; 'none' for none; env LEAT_PROFILE)",
  );
export const pricesOption = (): Option =>
  new Option(
    '--prices <file>',
    'prices for the estimate of what a run has cost (default: those of its layers)',
  );
export const jsonOption = (): Option => new Option('--json', 'print JSON for programs');
export const namespaceOption = (): Option =>
  new Option(
    '--namespace <name>',
    "whose runs (default: user:NAME; '*' for everybody's; env LEAT_NAMESPACE)",
  );

export const eventsOption = (): Option => new Option('--json', 'print events as JSON lines');
export const runIdOption = (): Option =>
  new Option('--run-id-file <file>', 'write the address of the run there before its first task starts');

/** The last options of a command that looks runs up. */
export const lookUpOptions = (command: Command): Command =>
  command
    .addOption(jsonOption())
    .addOption(namespaceOption())
    .addOption(homeOption())
    .addOption(metadataOption());
