import { readFileSync } from 'node:fs';
import path from 'node:path';
import { measure, type Sample } from './measure.ts';
import { newFolder } from './work-folder.ts';

const repository = path.join(import.meta.dirname, '../..');
const cli = path.join(repository, 'packages/leat/bin/leat.js');

/** The version of the command line that is measured. */
export const leatVersion = (): string =>
  (
    JSON.parse(readFileSync(path.join(repository, 'packages/leat/package.json'), 'utf8')) as {
      version: string;
    }
  ).version;

/** The path of a flow of `bench/`, as the command line takes it. */
export const flowFile = (name: string): string => path.join(repository, 'bench', `${name}.flow.ts`);

export interface LeatRun extends Sample {
  /** What `--home` was. */
  readonly home: string;
}

export interface LeatCommand {
  /** `run FLOW …`, `resume RUN …`. */
  readonly argv: readonly string[];
  readonly inside: string;
  /** The home of an earlier run; a new one unless given. */
  readonly home?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly exitCode?: number;
  /** In seconds, see `Command`. */
  readonly limit?: number;
}

/** Runs the built command line with a home of its own. */
export function runLeat({ argv, inside, home = newFolder(inside, 'leat'), ...more }: LeatCommand): LeatRun {
  const sample = measure({
    argv: [process.execPath, cli, ...argv, '--home', home],
    folder: newFolder(inside, 'leat-output'),
    ...more,
  });
  return { ...sample, home };
}
