// `npm run simulate:mutants`: is the simulation worth anything? Each deliberate bug of mutants.ts goes into a copy of the sources, never into the
// tree, and the simulation has to find it within so many seeds. Prints which seed found which, and fails when one was not found.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutants } from './mutants.ts';
import { root } from './workspace.ts';

const { values } = parseArgs({
  options: {
    /** Within how many. */
    seeds: { type: 'string', default: '3000' },
    /** Only mutants whose names contain this; may be given more than once. */
    only: { type: 'string', multiple: true, default: [''] },
  },
});

/** A mutant that keeps a worker busy for ever is one that was not found. In milliseconds. */
const patienceMs = 1_200_000;

const copied = ['packages/leat', 'packages/testing'];

/** The sources, as far as the simulation needs them, in a folder of their own. */
function copySources(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-mutants-'));
  for (const place of copied) {
    cpSync(path.join(root, place, 'src'), path.join(folder, place, 'src'), { recursive: true });
    cpSync(path.join(root, place, 'package.json'), path.join(folder, place, 'package.json'));
    const own = path.join(root, place, 'node_modules');
    if (existsSync(own)) symlinkSync(own, path.join(folder, place, 'node_modules'));
  }
  mkdirSync(path.join(folder, 'scripts'));
  for (const script of ['simulate.ts', 'workspace.ts'])
    cpSync(path.join(root, 'scripts', script), path.join(folder, 'scripts', script));
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** Seeds that the sources must pass without any mutant. How they do beyond that, `npm run simulate` says. */
const healthySeeds = 300;

/** The first seed that fails and what it says, or `undefined`. */
function simulate(
  folder: string,
  seeds = Number(values.seeds),
): { readonly seed: string; readonly says: string } | undefined {
  const { stdout, error } = spawnSync(
    process.execPath,
    ['scripts/simulate.ts', '--brief', '--seeds', String(seeds), '--enough', '1'],
    { cwd: folder, encoding: 'utf8', timeout: patienceMs, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (error !== undefined) return undefined;
  const { seed, says } = /^seed (?<seed>\d+): (?<says>.*)$/m.exec(stdout)?.groups ?? {};
  if (seed !== undefined && says !== undefined) return { seed, says };
  if (stdout.includes(' 0 wrong')) return undefined;
  throw new Error(`the simulation did not run:\n${stdout}`);
}

function mutate({ name, file, from, to }: Mutant, folder: string): () => void {
  const place = path.join(folder, 'packages/leat/src/scheduler', file);
  const text = readFileSync(place, 'utf8');
  const found = text.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `'${name}': its text stands ${found} times in ${file}, and not once: write it anew in scripts/mutants.ts`,
    );
  writeFileSync(
    place,
    text.replace(from, () => to),
  );
  return () => {
    writeFileSync(place, text);
  };
}

const folder = copySources();
let missed = 0;
try {
  const chosen = mutants.filter(({ name }) => values.only.some((part) => name.includes(part)));
  if (chosen.length === 0) throw new Error(`no mutant's name contains '${values.only.join("' or '")}'`);
  for (const mutant of chosen) mutate(mutant, folder)();
  const healthy = simulate(folder, Math.min(healthySeeds, Number(values.seeds)));
  if (healthy !== undefined)
    throw new Error(`seed ${healthy.seed} fails without any mutant: ${healthy.says}`);
  console.log('| mutant | found by seed | which says |\n| --- | --: | --- |');
  for (const mutant of chosen) {
    const restore = mutate(mutant, folder);
    const found = simulate(folder);
    restore();
    if (found === undefined) missed += 1;
    console.log(`| ${mutant.name} | ${found?.seed ?? 'NOT FOUND'} | ${(found?.says ?? '').slice(0, 120)} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(missed === 0 ? 'All were found.' : `${missed} were not found within ${values.seeds} seeds.`);
process.exitCode = missed === 0 ? 0 : 1;
