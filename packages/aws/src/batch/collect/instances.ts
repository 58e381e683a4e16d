import type { InstanceFacts, JobShape, ScalingActivity } from '../../diagnose/facts.ts';
import type {
  Activity,
  AutoScalingGroup,
  ContainerInstance,
  Instance,
  Resource,
  SurroundingsApi,
} from './api.ts';
import { defined } from './environment-facts.ts';

/** More than this are not looked at: their first hundred tell as much. */
const most = 100;

/** What the groups of instances of an environment have tried lately, newest first, and what of them is suspended. */
export interface Scaling {
  readonly groups: readonly string[];
  readonly activities: readonly ScalingActivity[];
  readonly suspended: readonly string[];
}

/** Asks for the {@link Scaling} of an environment. @throws what AWS says when it may not be asked */
export async function scalingOf(
  api: Pick<SurroundingsApi, 'scalingGroups' | 'scalingActivities'>,
  environment: string,
  signal: AbortSignal,
): Promise<Scaling> {
  const found: AutoScalingGroup[] = [];
  for await (const page of api.scalingGroups(signal))
    found.push(...page.filter((group) => isOf(group, environment)));
  const groups = found.flatMap(({ AutoScalingGroupName }) => AutoScalingGroupName ?? []);
  const activities: ScalingActivity[] = [];
  for (const group of groups)
    activities.push(...(await api.scalingActivities(group, signal)).map(activityOf));
  return {
    groups,
    activities: activities.toSorted((a, b) => b.at - a.at),
    suspended: found.flatMap(({ SuspendedProcesses = [] }) =>
      SuspendedProcesses.flatMap(({ ProcessName }) => ProcessName ?? []),
    ),
  };
}

/** Batch names the group of an environment after it. */
const isOf = ({ AutoScalingGroupName: name = '' }: AutoScalingGroup, environment: string): boolean =>
  name.startsWith(`${environment}-asg-`) || name.startsWith(`AWSBatch-${environment}-asg-`);

const activityOf = ({ StartTime, StatusCode, StatusMessage }: Activity): ScalingActivity => ({
  at: StartTime?.getTime() ?? 0,
  status: StatusCode ?? '',
  ...defined({ message: StatusMessage }),
});

/** The instances of some groups, and what the cluster of the environment knows of them. */
export async function instancesOf(
  api: Pick<SurroundingsApi, 'instances' | 'containerInstances'>,
  { cluster, groups }: { readonly cluster: string | undefined; readonly groups: readonly string[] },
  signal: AbortSignal,
): Promise<readonly InstanceFacts[]> {
  const registered = cluster === undefined ? [] : await api.containerInstances(cluster, most, signal);
  const ids = registered.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
  if (groups.length === 0 && ids.length === 0) return [];
  const started = await api.instances(groups.length > 0 ? { groups } : { ids }, most, signal);
  const known = new Map(registered.map((each) => [each.ec2InstanceId, each]));
  return started.map((instance) => instanceFacts(instance, known.get(instance.InstanceId)));
}

function instanceFacts(instance: Instance, inCluster: ContainerInstance | undefined): InstanceFacts {
  return {
    id: instance.InstanceId ?? '',
    registered: inCluster !== undefined,
    ...defined({
      type: instance.InstanceType,
      state: instance.State?.Name,
      zone: instance.Placement?.AvailabilityZone,
      launchedAt: instance.LaunchTime?.getTime(),
      agentConnected: inCluster?.agentConnected,
      ecsStatus: inCluster?.status,
      runningTasks: inCluster?.runningTasksCount,
      free: inCluster === undefined ? undefined : roomOf(inCluster.remainingResources),
      total: inCluster === undefined ? undefined : roomOf(inCluster.registeredResources),
    }),
  };
}

/** ECS counts 1,024 for a core. */
function roomOf(resources: readonly Resource[] = []): JobShape {
  const value = (name: string): number | undefined =>
    resources.find((each) => each.name === name)?.integerValue;
  const cpu = value('CPU');
  const gpus = resources.find(({ name }) => name === 'GPU')?.stringSetValue?.length;
  return defined({ vcpus: cpu === undefined ? undefined : cpu / 1024, memoryMib: value('MEMORY'), gpus });
}
