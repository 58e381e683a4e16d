import type { AttemptRequest } from '../../compute/compute-layer.ts';
import { LeatError } from '../../errors/index.ts';
import { chunkSpecOf } from '../specs/chunk-spec-of.ts';
import type { EngineContext } from '../engine-context.ts';
import type { AttemptFlight, ChunkFlight, Flight } from './flight.ts';
import { taskSpecOf } from '../specs/task-spec-of.ts';

/** What a layer needs to run these, in their order. Items of a foreach are looked up in the datastore. */
export async function requestsOf(
  context: EngineContext,
  flights: readonly Flight[],
): Promise<readonly AttemptRequest[]> {
  const requests: AttemptRequest[] = [];
  for (const flight of flights) requests.push(await requestOf(context, flight));
  return requests;
}

async function requestOf(context: EngineContext, flight: Flight): Promise<AttemptRequest> {
  const { token, name } = flight;
  const step = context.plan.steps[flight.step];
  if (step === undefined) throw new LeatError('INTERNAL', `the plan has no step '${flight.step}'`);
  const work = flight.kind === 'attempt' ? await specOf(context, flight) : await specsOf(context, flight);
  return {
    token,
    name,
    ...work,
    resources: step.resources,
    environment: step.environment,
    options: step.layerOptions,
    ...(step.timeoutSeconds === undefined ? {} : { timeoutSeconds: step.timeoutSeconds }),
  };
}

async function specOf(
  { facts, specs }: EngineContext,
  { token, pieces }: AttemptFlight,
): Promise<Pick<AttemptRequest, 'spec'>> {
  return { spec: await taskSpecOf(pieces, { ...facts, token }, specs) };
}

async function specsOf(
  { facts, specs }: EngineContext,
  { token, work }: ChunkFlight,
): Promise<Pick<AttemptRequest, 'spec' | 'chunk'>> {
  return chunkSpecOf(work.pieces ?? [], { run: facts, token, store: specs });
}
