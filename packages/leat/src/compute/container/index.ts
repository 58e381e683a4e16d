import { contractVersion, type LayerFactory } from '../compute-layer.ts';
import { ContainerLayer } from './container-layer.ts';
import { parseContainerOptions } from './options.ts';

/** The layer of containers on this machine, by podman or docker. */
export const computeLayer: LayerFactory = {
  name: 'container',
  contract: contractVersion,
  parseOptions: (options) => ({
    ...parseContainerOptions(options, {
      env: process.env,
      folder: process.cwd(),
      nodeVersion: process.versions.node,
    }),
  }),
  open: async (context) => ContainerLayer.open(context),
};
