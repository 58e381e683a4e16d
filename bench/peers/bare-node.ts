import { startBareProcesses } from '../harness/bare-starts.ts';
import type { Peer } from './peer.ts';

/** The floor: `node -e 0`, started by forty lines of Node. */
export const bareNode: Peer = {
  name: 'bare node (floor)',
  isolation: 'process',
  task: 'node -e 0',
  keeps: 'nothing',
  prepare: () => process.version,
  run({ tasks, inFlight, folder }) {
    const run = startBareProcesses(tasks, inFlight, folder);
    return { ...run, inside: tasks / run.rate };
  },
};
