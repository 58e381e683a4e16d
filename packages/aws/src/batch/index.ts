/** The compute layer on AWS Batch. `leat` loads this by name for `--with batch` and `@batch`. */
import { contractVersion, type LayerFactory } from 'leat/compute';
import { estimate } from '../costs/estimate.ts';
import { ownPrices, parsePrices } from '../costs/prices.ts';
import { BatchLayer } from './batch-layer.ts';
import { parseBatchOptions } from './options.ts';

/** The layer `batch`. */
export const computeLayer: LayerFactory = {
  name: 'batch',
  contract: contractVersion,
  parseOptions: (options) => ({ ...parseBatchOptions(options, process.env) }),
  open: async (context) => BatchLayer.open(context),
  // Batch tells everybody who may ask about every job.
  inspect: async (context) => BatchLayer.open(context),
  estimate: (usage, prices) =>
    estimate(usage, prices === undefined ? ownPrices() : parsePrices(prices, 'the table that was given')),
};
