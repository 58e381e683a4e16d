import { installMetaflow, metaflowVersion, runMetaflow } from '../harness/metaflow.ts';
import type { Peer } from './peer.ts';

/** Metaflow's local runtime with its local datastore and metadata. */
export const metaflow: Peer = {
  name: 'Metaflow',
  isolation: 'process',
  task: 'a step in Python',
  keeps: 'results, metadata, logs',
  prepare(say) {
    installMetaflow(say);
    return metaflowVersion;
  },
  run({ tasks, inFlight, folder }) {
    const limits = ['--max-workers', String(inFlight), '--max-num-splits', String(tasks)];
    const argv = ['run', '--items', String(tasks), ...limits];
    return runMetaflow({ flow: 'foreach', argv, inside: folder });
  },
};
