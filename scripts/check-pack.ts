// `npm run check:pack`: what users will install. Packs the packages, holds them against publint and are-the-types-wrong, installs the tarballs in an
// empty folder outside the repository, and there runs a flow, reads its result and compiles a program.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publicEntries, root, workspacePackages } from './workspace.ts';

const flowFile = `
import { Flow, step, parameter } from 'leat';

export default class HelloFlow extends Flow {
  name = parameter('world', { help: 'who is greeted' });

  declare greeting: string;

  @step start() {
    this.greeting = \`Hello \${this.name}\`;
    this.next(this.end);
  }

  @step end() {
    console.log(this.greeting);
  }
}
`;

/** Compiled, not run: what a user's program may say, and what the compiler must refuse. */
const consumerFile = `
import { Flow, step, type Inputs, type Failure } from 'leat';
import type { ComputeLayer } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { MetadataStore } from 'leat/metadata';

export type Contracts = [ComputeLayer, Datastore, MetadataStore, Failure];

export class SquareFlow extends Flow {
  declare numbers: number[];
  declare square: number;
  declare sum: number;

  @step start(): void {
    this.numbers = [1, 2, 3];
    this.next(this.work, { foreach: this.numbers });
  }

  @step work(value: number): void {
    this.square = value * value;
    this.next(this.join);
  }

  @step join(inputs: Inputs<SquareFlow>): void {
    this.sum = [...inputs].reduce((sum, task) => sum + task.square, 0);
    // @ts-expect-error there is no such step
    this.next(this.finish);
  }

  @step end(): void {}
}
`;

const consumerConfig = {
  compilerOptions: {
    strict: true,
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    noEmit: true,
    skipLibCheck: false,
  },
  include: ['*.ts'],
};

const manifest = { name: 'leat-consumer', private: true, type: 'module' };

/** The environment without what npm tells its scripts and without this repository's programs: as in a fresh terminal. */
function freshEnvironment(): NodeJS.ProcessEnv {
  const outside = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.startsWith(root) && !folder.includes('node_modules'));
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^INIT_CWD$|^NODE_OPTIONS$|^LEAT_/i.test(name) && name.toUpperCase() !== 'PATH',
  );
  return { ...Object.fromEntries(inherited), PATH: outside.join(path.delimiter) };
}

function fail(message: string): never {
  console.error(`check:pack: ${message}`);
  process.exit(1);
}

interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const here: Where = { cwd: root, env: process.env };

/** Runs a program to its end and returns what it printed; any failure ends the check. */
function run(where: Where, program: string, ...args: readonly string[]): string {
  const started = performance.now();
  const shown = [path.basename(program), ...args.map((argument) => path.basename(argument))].join(' ');
  const windows = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...where,
    encoding: 'utf8',
    shell: windows,
  });
  console.log(
    `${status === 0 ? '✔' : '✘'} ${shown} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (status === 0) return stdout;
  fail(`${shown} ended with ${status ?? error?.message ?? 'a signal'}\n${stdout}\n${stderr}`);
}

function pack(folder: string, destination: string): string {
  const printed = run(
    here,
    'npm',
    'pack',
    '--json',
    '--pack-destination',
    destination,
    '--workspace',
    folder,
  );
  const packed = JSON.parse(printed) as unknown;
  const [first] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as readonly {
    filename: string;
  }[];
  if (first === undefined) fail(`npm pack said nothing about ${folder}`);
  return path.join(destination, first.filename);
}

function installedVersion(name: string): string {
  const { version } = JSON.parse(
    readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8'),
  ) as {
    version: string;
  };
  return `${name}@${version}`;
}

function expectIncludes(text: string, wanted: string, what: string): void {
  if (!text.includes(wanted)) fail(`${what} should contain ${JSON.stringify(wanted)}, and is:\n${text}`);
}

/** A program that imports every public entry: it must run, and the compiler must find all types that the entries speak of. */
function entriesProgram(): string {
  const specifiers = workspacePackages()
    .flatMap(publicEntries)
    .map(({ specifier }) => specifier);
  return specifiers.map((specifier) => `await import('${specifier}');`).join('\n');
}

function useFromOutside(folder: string, tarballs: readonly string[]): void {
  const consumer: Where = { cwd: folder, env: freshEnvironment() };
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(consumerConfig));
  writeFileSync(path.join(folder, 'flow.ts'), flowFile);
  writeFileSync(path.join(folder, 'consumer.ts'), consumerFile);
  writeFileSync(path.join(folder, 'entries.ts'), `export {};\n${entriesProgram()}\n`);
  const tools = ['node', 'typescript', '@types/node'].map(installedVersion);
  run(consumer, 'npm', 'install', '--no-audit', '--no-fund', ...tarballs, ...tools);

  expectIncludes(
    run(consumer, 'npx', 'leat', 'run', 'flow.ts', '--name', 'Leat'),
    'Hello Leat',
    'the output of the run',
  );
  const artifact = run(consumer, 'npx', 'leat', 'get', 'HelloFlow/latest/end.greeting', '--json');
  expectIncludes(artifact, 'Hello Leat', 'the artifact');
  run(consumer, 'npx', 'node', 'entries.ts');
  run(consumer, 'npx', 'tsc', '-p', '.');
}

const temporary = mkdtempSync(path.join(tmpdir(), 'leat-pack-'));
try {
  const tarballs = workspacePackages().map(({ folder }) => pack(folder, temporary));
  for (const tarball of tarballs) {
    run(here, 'npx', 'publint', 'run', tarball, '--strict');
    run(here, 'npx', 'attw', tarball, '--profile', 'esm-only');
  }
  useFromOutside(path.join(temporary, 'consumer'), tarballs);
  console.log('The packages can be installed and used.');
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
