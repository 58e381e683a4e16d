// Documents that lie are worse than none: what ARCHITECTURE.md and the other documents name must exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { snippetProblems } from './check-doc-snippets.ts';
import { root } from './workspace.ts';
import { blockProblems } from './write-doc-blocks.ts';

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

/** Paths in code spans, such as `docs/errors/` or `packages/leat/src/…`: what they start with tells them from other code. */
function checkNamedPaths(markdownFile: string): void {
  for (const code of quoted(read(markdownFile).replaceAll(/^```[\s\S]*?^```/gm, ''))) {
    const named = /^(?:packages|examples|test|bench|docs|scripts|\.ci)\/[\w./-]*$/.exec(code)?.[0];
    if (named !== undefined && !exists(named)) problems.push(`${markdownFile}: ${named} does not exist`);
  }
}

async function checkErrorPages(): Promise<void> {
  const { errorCodes } = await import('../packages/leat/src/errors/codes.ts');
  const codes = new Set(Object.keys(errorCodes));
  const pages = new Set(
    globSync('docs/errors/*.md', { cwd: root }).map((file) => path.basename(file, '.md')),
  );
  pages.delete('README');
  for (const code of codes.difference(pages))
    problems.push(`docs/errors/${code}.md does not exist: each error code has a page`);
  for (const page of pages.difference(codes)) problems.push(`docs/errors/${page}.md describes no error code`);
  for (const [code, { title, exitCode }] of Object.entries(errorCodes)) {
    if (!pages.has(code)) continue;
    const head = `# ${code}\n\n${title}. Exit code ${exitCode}.\n`;
    if (!read(`docs/errors/${code}.md`).startsWith(head))
      problems.push(`docs/errors/${code}.md does not start with:\n${head}`);
  }
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
await checkErrorPages();
for (const file of documents) {
  checkLinks(file);
  if (file !== 'CHANGELOG.md') checkNamedPaths(file);
}
problems.push(...blockProblems(documents), ...snippetProblems(documents));
for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
