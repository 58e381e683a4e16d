import type { AutoScalingClient, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import type { ContainerInstance, Resource } from '@aws-sdk/client-ecs';
import type { InstanceFacts, JobShape, ScalingActivity } from '../../diagnose/facts.ts';
import type { Clients } from './clients.ts';
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
  clients: Pick<Clients, 'autoScaling'>,
  environment: string,
  abortSignal: AbortSignal,
): Promise<Scaling> {
  const { paginateDescribeAutoScalingGroups } = await import('@aws-sdk/client-auto-scaling');
  const client = await clients.autoScaling();
  const found: AutoScalingGroup[] = [];
  for await (const page of paginateDescribeAutoScalingGroups({ client }, {}, { abortSignal }))
    found.push(...(page.AutoScalingGroups ?? []).filter((group) => isOf(group, environment)));
  const groups = found.flatMap(({ AutoScalingGroupName }) => AutoScalingGroupName ?? []);
  const activities: ScalingActivity[] = [];
  for (const group of groups) activities.push(...(await activitiesOf(client, group, abortSignal)));
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

async function activitiesOf(
  client: AutoScalingClient,
  AutoScalingGroupName: string,
  abortSignal: AbortSignal,
): Promise<readonly ScalingActivity[]> {
  const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName, MaxRecords: 20 });
  const { Activities = [] } = await client.send(command, { abortSignal });
  return Activities.map(({ StartTime, StatusCode = '', StatusMessage }) => ({
    at: StartTime?.getTime() ?? 0,
    status: StatusCode,
    ...defined({ message: StatusMessage }),
  }));
}

/** The instances of some groups, and what the cluster of the environment knows of them. */
export async function instancesOf(
  clients: Pick<Clients, 'ec2' | 'ecs'>,
  { cluster, groups }: { readonly cluster: string | undefined; readonly groups: readonly string[] },
  abortSignal: AbortSignal,
): Promise<readonly InstanceFacts[]> {
  const registered = cluster === undefined ? [] : await containerInstances(clients, cluster, abortSignal);
  const ids = registered.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
  const started = await startedInstances(clients, { groups, ids }, abortSignal);
  const known = new Map(registered.map((each) => [each.ec2InstanceId, each]));
  return started.map((instance) => instanceFacts(instance, known.get(instance.InstanceId)));
}

async function containerInstances(
  clients: Pick<Clients, 'ecs'>,
  cluster: string,
  abortSignal: AbortSignal,
): Promise<readonly ContainerInstance[]> {
  const { DescribeContainerInstancesCommand, ListContainerInstancesCommand } =
    await import('@aws-sdk/client-ecs');
  const client = await clients.ecs();
  const list = new ListContainerInstancesCommand({ cluster, maxResults: most });
  const { containerInstanceArns: arns = [] } = await client.send(list, { abortSignal });
  if (arns.length === 0) return [];
  const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: arns });
  return (await client.send(command, { abortSignal })).containerInstances ?? [];
}

async function startedInstances(
  clients: Pick<Clients, 'ec2'>,
  { groups, ids }: { readonly groups: readonly string[]; readonly ids: readonly string[] },
  abortSignal: AbortSignal,
): Promise<readonly Instance[]> {
  if (groups.length === 0 && ids.length === 0) return [];
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const asked =
    groups.length > 0
      ? { Filters: [{ Name: 'tag:aws:autoscaling:groupName', Values: [...groups] }], MaxResults: most }
      : { InstanceIds: [...ids] };
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand(asked), { abortSignal });
  return Reservations.flatMap(({ Instances = [] }) => Instances);
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
