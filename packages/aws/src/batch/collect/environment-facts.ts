import type { EnvironmentFacts } from '../../diagnose/facts.ts';
import type { ComputeEnvironmentDetail } from '../api.ts';

/** What Batch says of an environment, as the diagnosis takes it. */
export function environmentFacts(environment: ComputeEnvironmentDetail): EnvironmentFacts {
  const { computeEnvironmentName: name = '', type, state, status, statusReason, serviceRole } = environment;
  const resources: Partial<NonNullable<ComputeEnvironmentDetail['computeResources']>> =
    environment.computeResources ?? {};
  const { minvCpus, maxvCpus, desiredvCpus, instanceTypes, allocationStrategy } = resources;
  return {
    name,
    managed: type !== 'UNMANAGED',
    ...defined({
      state,
      status,
      statusReason,
      serviceRole,
      kind: resources.type,
      minVcpus: minvCpus,
      maxVcpus: maxvCpus,
      desiredVcpus: desiredvCpus,
      instanceTypes: instanceTypes?.length === 0 ? undefined : instanceTypes,
      allocation: allocationStrategy,
      bidPercentage: resources.bidPercentage,
      spotFleetRole: resources.spotIamFleetRole,
    }),
  };
}

/** Without what is `undefined`: an absent fact is one that is not known. */
export const defined = <T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
