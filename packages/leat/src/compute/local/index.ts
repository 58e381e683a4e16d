import { contractVersion, type LayerFactory } from '../compute-layer.ts';
import { LocalLayer } from './local-layer.ts';
import { parseLocalOptions } from './options.ts';

/** The layer of this machine: the default. */
export const computeLayer: LayerFactory = {
  name: 'local',
  contract: contractVersion,
  parseOptions: parseLocalOptions,
  open: async (context) => LocalLayer.open(context),
};
