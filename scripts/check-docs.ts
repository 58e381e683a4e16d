// Documents that lie are worse than none: what ARCHITECTURE.md and the other documents name must exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import table from './import-table.json' with { type: 'json' };
import { root } from './workspace.ts';

interface Room {
  readonly is: string;
  readonly mayImport: readonly string[];
  readonly pure?: boolean;
  readonly pureFiles?: readonly string[];
}

const rooms = table.rooms as Readonly<Record<string, Room>>;
const source = 'packages/leat/src';
const problems: string[] = [];
const exists = (file: string): boolean => existsSync(path.join(root, file));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The text between a `## heading` and the next one. */
function section(markdown: string, heading: string): string {
  const [, after] = markdown.split(`\n## ${heading}\n`);
  if (after === undefined) problems.push(`ARCHITECTURE.md has no section '## ${heading}'`);
  return after?.split('\n## ')[0] ?? '';
}

/** The rows of the first table in a text, without its head. */
function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  const cells = (line: string): readonly string[] =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  return lines.slice(2).map(cells);
}

function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`(?<code>[^`]+)`/g)].map((match) => match[1] ?? '');
}

/** Whether a module exports a name. Text is enough: exports are declared where they are written, and `export *` is not used. */
function exportsName(code: string, name: string): boolean {
  const declared = new RegExp(
    String.raw`^export (declare )?(default )?(abstract )?(async )?(function\*?|class|const|interface|type|let) ${name}\b`,
    'm',
  );
  const listed = new RegExp(String.raw`^export (type )?\{[^}]*\b${name}\b[^}]*\}`, 'm');
  return declared.test(code) || listed.test(code);
}

function checkJourney(architecture: string): void {
  const rows = tableRows(section(architecture, 'The journey of a task'));
  if (rows.length !== 9) problems.push(`ARCHITECTURE.md: the journey has ${rows.length} files, not nine`);
  const files = rows.map(([, file = '']) => `${source}/${quoted(file)[0] ?? ''}`);
  for (const [index, [, , symbols = '']] of rows.entries()) {
    const file = files[index] ?? '';
    if (!exists(file)) {
      problems.push(`ARCHITECTURE.md: the journey names ${file}, which does not exist`);
      continue;
    }
    const code = read(file);
    for (const name of quoted(symbols)) {
      if (!exportsName(code, name)) problems.push(`ARCHITECTURE.md: ${file} does not export ${name}`);
    }
    const next = files[index + 1]?.slice(source.length + 1);
    if (next !== undefined && !code.includes(`next: \`${next}\``)) {
      problems.push(`${file}: its header does not end in "next: \`${next}\`", so the tour stops there`);
    }
  }
}

/** A row of the table of rooms as ARCHITECTURE.md shows it. */
function roomRow(name: string, { is, mayImport, pure, pureFiles = [] }: Room): string {
  const shown = name.endsWith('.ts') ? `\`${name}\`` : `\`${name}/\``;
  const pureNote = pureFiles.map((file) => `; \`${file}\` is **pure**`).join('');
  const imports = mayImport.map((room) => (room.includes('/') ? `\`${room}\`` : room)).join(', ');
  return `| ${shown} | ${is}${pure ? ' (**pure**)' : ''}${pureNote} | ${imports || '–'} |`;
}

function checkRooms(architecture: string): void {
  const shown = section(architecture, 'The rooms')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const wanted = Object.entries(rooms).map(([name, room]) => roomRow(name, room));
  for (const row of wanted) {
    if (!shown.includes(row))
      problems.push(`ARCHITECTURE.md: 'The rooms' lacks this row of scripts/import-table.json:\n  ${row}`);
  }
  for (const row of shown) {
    if (!wanted.includes(row))
      problems.push(
        `ARCHITECTURE.md: 'The rooms' has a row that scripts/import-table.json has not:\n  ${row}`,
      );
  }
}

/** Paths in code spans, such as `docs/errors/` or `packages/leat/src/…`: what they start with tells them from other code. */
function checkNamedPaths(markdownFile: string): void {
  for (const code of quoted(read(markdownFile).replaceAll(/^```[\s\S]*?^```/gm, ''))) {
    const named = /^(?:packages|examples|test|bench|docs|scripts|\.ci)\/[\w./-]*$/.exec(code)?.[0];
    if (named !== undefined && !exists(named)) problems.push(`${markdownFile}: ${named} does not exist`);
  }
}

async function checkErrorPages(): Promise<void> {
  const { errorCodes } = (await import('../packages/leat/src/errors/codes.ts')) as { errorCodes: object };
  const codes = new Set(Object.keys(errorCodes));
  const pages = new Set(
    globSync('docs/errors/*.md', { cwd: root }).map((file) => path.basename(file, '.md')),
  );
  pages.delete('README');
  for (const code of codes.difference(pages))
    problems.push(`docs/errors/${code}.md does not exist: each error code has a page`);
  for (const page of pages.difference(codes)) problems.push(`docs/errors/${page}.md describes no error code`);
}

/** The anchors that a renderer makes of headings. */
function anchors(markdown: string): ReadonlySet<string> {
  const headings = [...markdown.matchAll(/^#{1,6} (?<title>.+)$/gm)].map((match) => match[1] ?? '');
  const slug = (title: string): string =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
  return new Set(headings.map(slug));
}

function checkLinks(markdownFile: string): void {
  const markdown = read(markdownFile).replaceAll(/^```[\s\S]*?^```/gm, '');
  for (const [, target = ''] of markdown.matchAll(/\]\((?<target>[^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', anchor] = target.split('#');
    const resolved = file === '' ? markdownFile : path.join(path.dirname(markdownFile), decodeURI(file));
    if (!exists(resolved)) problems.push(`${markdownFile}: the link ${target} leads nowhere`);
    else if (anchor && resolved.endsWith('.md') && !anchors(read(resolved)).has(anchor)) {
      problems.push(`${markdownFile}: ${resolved} has no heading #${anchor}`);
    }
  }
}

const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/**/*.md', 'bench/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});
const architecture = read('ARCHITECTURE.md');
checkJourney(architecture);
checkRooms(architecture);
await checkErrorPages();
for (const file of documents) {
  checkLinks(file);
  if (file !== 'CHANGELOG.md') checkNamedPaths(file);
}
for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
