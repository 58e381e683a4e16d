// TypeScript in the documents must compile: each block fenced as `ts` that starts with an import is a whole module, checked against Leat's
// sources. Blocks that start otherwise are fragments and are left alone; so are blocks that are copies of files, which are checked there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { publicEntries, root, workspacePackages } from './workspace.ts';

const folder = '.cache/doc-snippets';

interface Snippet {
  readonly document: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

function snippetsOf(document: string): readonly Snippet[] {
  const markdown = readFileSync(path.join(root, document), 'utf8');
  // What is made from files goes, its line breaks stay: the line numbers of the rest must hold.
  const own = markdown.replaceAll(/<!-- from: [\s\S]*?<!-- end -->/g, (block) =>
    block.replaceAll(/[^\n]/g, ''),
  );
  return [...own.matchAll(/^```ts\n(?<code>import [\s\S]*?)^```/gm)].map((match) => ({
    document,
    line: own.slice(0, match.index).split('\n').length + 1,
    code: match[1] ?? '',
  }));
}

// Lines in front of the code make the compiler count as the document does.
const placed = ({ line, code }: Snippet): string => '\n'.repeat(line - 1) + code;

const fileName = ({ document, line }: Snippet): string => `${document.replaceAll(/[^\w-]/g, '_')}.${line}.ts`;

function configuration(): unknown {
  const entries = workspacePackages().flatMap(publicEntries);
  return {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noEmit: true,
      paths: Object.fromEntries(entries.map(({ specifier, source }) => [specifier, [`../../${source}`]])),
    },
    include: ['*.ts'],
  };
}

/** What the compiler says against the code in the documents, with the documents' own lines. */
export function snippetProblems(documents: readonly string[]): readonly string[] {
  const snippets = documents.flatMap(snippetsOf);
  const at = path.join(root, folder);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  writeFileSync(path.join(at, 'tsconfig.json'), JSON.stringify(configuration()));
  for (const snippet of snippets) writeFileSync(path.join(at, fileName(snippet)), placed(snippet));
  const { stdout, error } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    { cwd: root, encoding: 'utf8' },
  );
  if (error !== undefined) return [`the code in the documents cannot be checked: ${error.message}`];
  const byFile = new Map(snippets.map((snippet) => [`${folder}/${fileName(snippet)}`, snippet.document]));
  return stdout.split('\n').flatMap((line) => {
    const [, file = '', rest = ''] = /^(?<file>[^(]+)\((?<rest>\d+,\d+\): .*)$/.exec(line) ?? [];
    const document = byFile.get(file);
    return document === undefined ? [] : [`${document}(${rest}`];
  });
}
