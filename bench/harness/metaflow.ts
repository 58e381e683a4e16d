import path from 'node:path';
import { measure, type Sample } from './measure.ts';
import { virtualEnvironment } from './virtual-environment.ts';
import { newFolder } from './work-folder.ts';

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
  /** In seconds, see `Command`. */
  readonly limit?: number;
}

/** Runs a flow of `bench/metaflow` with Metaflow's local runtime, its store in a folder of its own; `environment` may say otherwise. */
export function runMetaflow({
  flow,
  argv,
  inside,
  folder = newFolder(inside, `metaflow-${flow}`),
  environment = {},
  ...more
}: MetaflowCommand): MetaflowRun {
  const sample = measure({
    argv: [installMetaflow(console.error), path.join(flows, `${flow}.py`), ...argv],
    folder,
    environment: {
      METAFLOW_USER: 'bench',
      METAFLOW_HOME: path.join(folder, 'home'),
      METAFLOW_DATASTORE_SYSROOT_LOCAL: folder,
      ...environment,
    },
    ...more,
  });
  return { ...sample, folder };
}

/** Installs Metaflow, once, and returns the path of its Python. */
export function installMetaflow(say: (text: string) => void): string {
  const name = `metaflow-${metaflowVersion}`;
  const programs = virtualEnvironment({ name, requirements: [`metaflow==${metaflowVersion}`] }, say);
  return path.join(programs, 'python');
}
