import { pythonScript } from './python-script.ts';
import type { Peer } from './peer.ts';

const version = '2026.8.0';

/** A local cluster of processes, one thread each; the scheduler is in the script's own process. */
export const dask: Peer = {
  name: 'Dask (processes)',
  isolation: 'reuse',
  task: 'a function in Python',
  keeps: 'nothing',
  ...pythonScript('dask', version, { requirements: [`dask==${version}`, `distributed==${version}`] }),
};
