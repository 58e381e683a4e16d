/** `leat run`: a new run of a flow file. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { saveParametersAsync } from '../datastore/save-parameters.ts';
import { BegunLayers } from './begun-layers.ts';
import { createRun } from './create-run.ts';
import { type DriveOptions, requireWorkers, type RunHandle } from './drive-run.ts';
import { currentUser, type Home } from '../home/home.ts';
import { runnerFile } from './layer-context.ts';
import { type ParameterSources, readParameters } from './parameters/read-parameters.ts';
import { type PreparedFlow, prepareFlow } from './prepare-flow.ts';
import { runNamespace } from './run-namespace.ts';
import { handOverStores } from './stores.ts';
import { shownParameters } from './parameters/shown-parameters.ts';

export interface StartOptions extends DriveOptions {
  /** The flow file. */
  readonly file: string;
  readonly home: Home;
  /** As on the command line: `batch:memory=10000`, `retry`. */
  readonly with?: readonly string[] | undefined;
  /** Where the parameters' values come from. */
  readonly parameters: Omit<ParameterSources, 'readFile'>;
  readonly tags?: readonly string[] | undefined;
  /** `LEAT_NAMESPACE` or `user:NAME` unless told. */
  readonly namespace?: string | undefined;
  /** How it was started, for people. */
  readonly command?: string | undefined;
  /** Called when the flow is known to be good, before the run exists. */
  readonly prepared?: ((flow: PreparedFlow) => void) | undefined;
}

/** @throws LeatError when the flow, a parameter or an option is refused: there is no run then. */
export async function startRun(options: StartOptions): Promise<RunHandle> {
  const { home, file } = options;
  requireWorkers(options);
  const namespace = runNamespace(options.namespace);
  // The flow is bundled by a process of its own: the stores are opened meanwhile.
  const preparing = prepareFlow({ file, home, with: options.with ?? [] });
  preparing.catch(() => undefined); // awaited below; until then its failure is nobody's
  const begun = BegunLayers.forFlags(options.with ?? [], runnerFile());
  try {
    return await startPrepared({ options, namespace, preparing, begun });
  } finally {
    await begun.discard();
  }
}

interface Preparation {
  readonly options: StartOptions;
  readonly namespace: string;
  readonly preparing: Promise<PreparedFlow>;
  readonly begun: BegunLayers;
}

async function startPrepared({ options, namespace, preparing, begun }: Preparation): Promise<RunHandle> {
  const { home, parameters, tags = [], command } = options;
  return handOverStores(home, async (stores) => {
    const prepared = await preparing;
    const { values } = await readParameters(prepared.description.parameters, {
      ...parameters,
      readFile: async (path) => readFile(resolve(path)),
    });
    options.prepared?.(prepared);
    return createRun({
      prepared,
      stores,
      begun,
      cache: home.cache,
      facts: {
        namespace,
        user: currentUser(),
        tags,
        parameters: shownParameters(values),
        parametersKey: await saveParametersAsync(stores.datastore, values),
        ...(command === undefined ? {} : { command }),
      },
      options,
    });
  });
}
