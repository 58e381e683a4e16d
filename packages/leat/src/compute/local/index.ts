import { contractVersion, type LayerFactory } from '../compute-layer.ts';
import { LocalLayer } from './local-layer.ts';
import { PreparedLocal } from './prepared-local.ts';
import { parseLocalOptions } from './options.ts';

/** The layer of this machine: the default. */
export const computeLayer: LayerFactory = {
  name: 'local',
  contract: contractVersion,
  parseOptions: parseLocalOptions,
  prepare: (runner) => new PreparedLocal(runner),
  open: async (context, prepared) =>
    LocalLayer.open(context, prepared instanceof PreparedLocal ? prepared : undefined),
};
