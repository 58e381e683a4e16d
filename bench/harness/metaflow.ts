import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fairEnvironment } from './environment.ts';
import { measure, type Sample } from './measure.ts';
import { python } from './python.ts';
import { cacheFolder, newFolder } from './work-folder.ts';

/** The version that Leat is compared with. */
export const metaflowVersion = '2.19.39';

const flows = path.join(import.meta.dirname, '../metaflow');

export interface MetaflowRun extends Sample {
  readonly folder: string;
}

export interface MetaflowCommand {
  /** Name of a file in `bench/metaflow`, without `.py`. */
  readonly flow: string;
  /** `run …` or `resume …`. */
  readonly argv: readonly string[];
  /** The folder of an earlier run; a new one unless given. */
  readonly folder?: string;
  readonly inside: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly exitCode?: number;
}

/** Runs a flow of `bench/metaflow` with Metaflow's local runtime, its store in a folder of its own. */
export function runMetaflow({ flow, argv, inside, ...more }: MetaflowCommand): MetaflowRun {
  const folder = more.folder ?? newFolder(inside, `metaflow-${flow}`);
  const sample = measure({
    argv: [path.join(venvFolder(), 'bin/python'), path.join(flows, `${flow}.py`), ...argv],
    folder,
    environment: {
      METAFLOW_USER: 'bench',
      METAFLOW_HOME: path.join(folder, 'home'),
      METAFLOW_DATASTORE_SYSROOT_LOCAL: folder,
      ...more.environment,
    },
    ...(more.exitCode === undefined ? {} : { exitCode: more.exitCode }),
  });
  return { ...sample, folder };
}

const venvFolder = (): string => path.join(cacheFolder(), `metaflow-${metaflowVersion}`);

/** Installs Metaflow from PyPI into a virtual environment in the cache, once. pip compiles it to byte code, as a user's installation has it. */
export function installMetaflow(say: (text: string) => void): void {
  const folder = venvFolder();
  if (existsSync(path.join(folder, 'complete'))) return;
  say(`installing Metaflow ${metaflowVersion} from PyPI into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  command(python(), '-m', 'venv', folder);
  const inner = path.join(folder, 'bin/python');
  command(
    inner,
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `metaflow==${metaflowVersion}`,
  );
  writeFileSync(path.join(folder, 'complete'), '');
}

function command(...[file, ...argv]: [string, ...string[]]): void {
  const { status } = spawnSync(file, argv, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: fairEnvironment({}),
  });
  if (status !== 0) throw new Error(`${file} ${argv.join(' ')} failed`);
}
