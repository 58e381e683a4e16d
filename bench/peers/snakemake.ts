import path from 'node:path';
import { measure } from '../harness/measure.ts';
import { newFolder } from '../harness/work-folder.ts';
import { systemProgram } from './system-program.ts';
import type { Peer } from './peer.ts';

const snakefile = path.join(import.meta.dirname, 'Snakefile');

/** One rule, one output file for each task. */
export const snakemake: Peer = {
  name: 'Snakemake',
  isolation: 'process',
  task: 'node -e 0 > file',
  keeps: 'files',
  prepare: () => systemProgram('snakemake').version,
  run({ tasks, inFlight, folder }) {
    const own = newFolder(folder, 'snakemake');
    const config = ['--config', `tasks=${tasks}`, `node=${process.execPath}`];
    const argv = ['snakemake', '--snakefile', snakefile, '--cores', String(inFlight), '--quiet', ...config];
    return measure({ argv, folder: own, environment: { HOME: own } });
  },
};
