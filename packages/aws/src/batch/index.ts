/** The compute layer on AWS Batch. `leat` loads this by name for `--with batch` and `@batch`. */
import { contractVersion, type LayerFactory } from 'leat/compute';
import { BatchLayer } from './batch-layer.ts';
import { parseBatchOptions } from './options.ts';

/** The layer `batch`. */
export const computeLayer: LayerFactory = {
  name: 'batch',
  contract: contractVersion,
  parseOptions: (options) => ({ ...parseBatchOptions(options, process.env) }),
  open: async (context) => BatchLayer.open(context),
};
