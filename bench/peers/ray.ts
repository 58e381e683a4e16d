import { pythonScript } from './python-script.ts';
import type { Peer } from './peer.ts';

const version = '2.60.0';

/** A local cluster; its other processes (raylet, GCS) are counted with all, not with the script's own. */
export const ray: Peer = {
  name: 'Ray',
  isolation: 'reuse',
  task: 'a function in Python',
  keeps: 'nothing',
  ...pythonScript('ray', version, { requirements: [`ray==${version}`] }),
};
