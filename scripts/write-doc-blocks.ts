// Blocks of the documents that are made from the code, so that they cannot lie: between `<!-- from: SOURCE -->` and `<!-- end -->` stands what
// the source gives. Sources: `file PATH` (a file of this repository), `help` and `help COMMAND` (what the command line prints), `exit-codes`,
// `error-codes`, `rooms` (scripts/import-table.json). `node scripts/write-doc-blocks.ts` writes them all; scripts/check-docs.ts says which are out of date.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCodes, exitCodes } from '../packages/leat/src/errors/codes.ts';
import table from './import-table.json' with { type: 'json' };
import { root } from './workspace.ts';

const blockPattern = /<!-- from: (?<source>[^>]+?) -->\n[\s\S]*?<!-- end -->/g;

// The width of help follows the terminal: a process whose output is a pipe always prints it the same. `run` is asked with a flow, to show what
// becomes of parameters.
const helpProgram = `
import { runCli } from './packages/leat/src/cli/run-cli.ts';
let text = '';
const output = { isTerminal: false, columns: 80, rows: 40, write: (part) => void (text += part), style: (_, part) => part };
const helpOf = async (...words) => {
  text = '';
  const exitCode = await runCli([...words, '--help'], { out: output, err: output });
  return exitCode === 0 ? text : '';
};
const commandsIn = (page) => (page.split('\\nCommands:\\n')[1] ?? '').split('\\n').flatMap((line) => /^ {2}(\\w+)/.exec(line)?.[1] ?? []);
const own = await helpOf();
const pages = { '': own };
for (const command of commandsIn(own)) {
  pages[command] = await helpOf(command, ...(command === 'run' ? ['examples/01-hello/flow.ts'] : []));
  for (const inner of commandsIn(pages[command])) pages[command + ' ' + inner] = await helpOf(command, inner);
}
console.log(JSON.stringify(pages));
`;

let helpPages: Readonly<Record<string, string>> | undefined;

/** What `--help` prints, by command; that of the whole program under the empty name. */
function help(): Readonly<Record<string, string>> {
  if (helpPages !== undefined) return helpPages;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', helpProgram],
    {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        LEAT_HOME: path.join(root, '.cache/docs-home'),
      },
    },
  );
  if (status !== 0) throw new Error(`the help of the command line cannot be had:\n${stderr}`);
  helpPages = JSON.parse(stdout) as Readonly<Record<string, string>>;
  return helpPages;
}

function helpBlock(command: string): string {
  const text = help()[command];
  if (text === undefined) throw new Error(`there is no command '${command}'`);
  if (text === '') throw new Error(`leat ${command} --help fails`);
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

function fileBlock(file: string): string {
  const language = path.extname(file).slice(1);
  return `\`\`\`${language}\n${readFileSync(path.join(root, file), 'utf8').trimEnd()}\n\`\`\``;
}

function exitCodeTable(): string {
  const signals: Readonly<Record<number, string>> = {
    [exitCodes.ok]: 'it did what it was asked to',
    [exitCodes.interrupted]: 'SIGINT (Ctrl-C) ended it',
    [exitCodes.terminated]: 'SIGTERM ended it',
  };
  const rows = Object.values(exitCodes).map((code) => {
    const names = Object.entries(errorCodes).filter(([, facts]) => facts.exitCode === code);
    const meaning = names.map(([name]) => `[${name}](../errors/${name}.md)`).join(', ');
    return `| ${code} | ${signals[code] ?? meaning} |`;
  });
  return ['| exit code | when |', '| --: | --- |', ...rows].join('\n');
}

function errorCodeTable(): string {
  const rows = Object.entries(errorCodes).map(
    ([name, { title, exitCode }]) => `| [${name}](${name}.md) | ${title} | ${exitCode} |`,
  );
  return ['| code | what it means | exit code |', '| --- | --- | --: |', ...rows].join('\n');
}

interface Room {
  readonly is: string;
  readonly mayImport: readonly string[];
  readonly pure?: boolean;
  readonly pureFiles?: readonly string[];
}

function roomRow([name, { is, mayImport, pure, pureFiles = [] }]: readonly [string, Room]): string {
  const shown = name.endsWith('.ts') ? `\`${name}\`` : `\`${name}/\``;
  const pureNote = pureFiles.map((file) => `; \`${file}\` is **pure**`).join('');
  const imports = mayImport.map((room) => (room.includes('/') ? `\`${room}\`` : room)).join(', ');
  return `| ${shown} | ${is}${pure ? ' (**pure**)' : ''}${pureNote} | ${imports || '–'} |`;
}

function roomTable(): string {
  const rows = Object.entries(table.rooms as Readonly<Record<string, Room>>).map(roomRow);
  return ['| folder | what it is | may import |', '| --- | --- | --- |', ...rows].join('\n');
}

function blockOf(source: string): string {
  const [kind = '', ...rest] = source.split(' ');
  const name = rest.join(' ');
  switch (kind) {
    case 'file':
      return fileBlock(name);
    case 'help':
      return helpBlock(name);
    case 'exit-codes':
      return exitCodeTable();
    case 'error-codes':
      return errorCodeTable();
    case 'rooms':
      return roomTable();
    default:
      throw new Error(`'${source}' is no source of a block`);
  }
}

interface Written {
  readonly markdown: string;
  /** What kept a block from being made; it stays as it was. */
  readonly problems: readonly string[];
}

/** A document with its blocks as they should be. */
function withBlocks(file: string, markdown: string): Written {
  const problems: string[] = [];
  const written = markdown.replaceAll(blockPattern, (block, source: string) => {
    try {
      return `<!-- from: ${source} -->\n\n${blockOf(source)}\n\n<!-- end -->`;
    } catch (error) {
      problems.push(`${file}: '${source}': ${(error as Error).message}`);
      return block;
    }
  });
  return { markdown: written, problems };
}

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The documents whose blocks are out of date, and the commands that docs/reference/cli.md leaves out. */
export function blockProblems(documents: readonly string[]): readonly string[] {
  const reference = read('docs/reference/cli.md');
  const missing = Object.keys(help()).filter(
    (name) => !reference.includes(`<!-- from: ${`help ${name}`.trim()} -->`),
  );
  const inDocuments = documents.flatMap((file) => {
    const before = read(file);
    const { markdown, problems } = withBlocks(file, before);
    if (markdown === before) return problems;
    return [...problems, `${file} has blocks that are out of date: node scripts/write-doc-blocks.ts`];
  });
  return [...inDocuments, ...missing.map((name) => `docs/reference/cli.md lacks the command '${name}'`)];
}

if (import.meta.main) {
  for (const file of globSync(['*.md', 'docs/**/*.md'], { cwd: root })) {
    const before = read(file);
    const { markdown, problems } = withBlocks(file, before);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
    if (markdown === before) continue;
    writeFileSync(path.join(root, file), markdown);
    console.log(`${file} written`);
  }
}
