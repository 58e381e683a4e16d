/**
 * The slivers of AWS's SDK that questions about a job's surroundings need, and the only file of them that imports it. Each client is loaded when it is
 * first asked. They repeat by themselves a few times: these questions are few, and nothing depends on an answer. Every call fails with the SDK's own error.
 */
import type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type {
  Instance,
  InstanceTypeInfo,
  RouteTable,
  SecurityGroup,
  Subnet,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import type { ContainerInstance } from '@aws-sdk/client-ecs';
import type { Role } from '@aws-sdk/client-iam';
import type { ServiceQuota } from '@aws-sdk/client-service-quotas';

export type { Activity, AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
export type {
  Instance,
  InstanceTypeInfo,
  IpPermission,
  RouteTable,
  SecurityGroup,
  Subnet,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
export type { ContainerInstance, Resource } from '@aws-sdk/client-ecs';
export type { Role } from '@aws-sdk/client-iam';
export type { ServiceQuota } from '@aws-sdk/client-service-quotas';

/** An image of ECR. */
export interface EcrImage {
  readonly account: string;
  readonly repository: string;
  readonly id: { readonly imageTag: string } | { readonly imageDigest: string };
}

/** What is asked about the surroundings of jobs. */
export interface SurroundingsApi {
  /** All groups of the account, in pages. */
  scalingGroups(signal: AbortSignal): AsyncIterable<readonly AutoScalingGroup[]>;
  /** The newest twenty of a group. */
  scalingActivities(group: string, signal: AbortSignal): Promise<readonly Activity[]>;
  /** Those of a cluster, at most so many. */
  containerInstances(
    cluster: string,
    most: number,
    signal: AbortSignal,
  ): Promise<readonly ContainerInstance[]>;
  /** Instances with these ids, or of these auto-scaling groups: at most so many. */
  instances(of: InstanceChoice, most: number, signal: AbortSignal): Promise<readonly Instance[]>;
  /** All that run or start in the account, in pages. */
  aliveInstances(signal: AbortSignal): AsyncIterable<readonly Instance[]>;
  /** By patterns as `m5.*`. */
  instanceTypes(patterns: readonly string[], signal: AbortSignal): Promise<readonly InstanceTypeInfo[]>;
  subnets(ids: readonly string[], signal: AbortSignal): Promise<readonly Subnet[]>;
  routeTables(vpcs: readonly string[], signal: AbortSignal): Promise<readonly RouteTable[]>;
  securityGroups(ids: readonly string[], signal: AbortSignal): Promise<readonly SecurityGroup[]>;
  vpcEndpoints(vpcs: readonly string[], signal: AbortSignal): Promise<readonly VpcEndpoint[]>;
  /** By name; `undefined`: there is none. */
  role(name: string, signal: AbortSignal): Promise<Role | undefined>;
  hasImage(image: EcrImage, signal: AbortSignal): Promise<boolean>;
  /** The quotas of a service that apply to the account: `ec2`, `fargate`. */
  quotas(service: string, signal: AbortSignal): Promise<readonly ServiceQuota[]>;
  close(): void;
}

/** Which instances are meant. */
export type InstanceChoice = { readonly groups: readonly string[] } | { readonly ids: readonly string[] };

/** AWS as the environment of this process says. */
export function openSurroundings(): SurroundingsApi {
  return new SdkSurroundings();
}

const setting = { maxAttempts: 3 };

const byName = (Name: string, Values: readonly string[]) => ({ Filters: [{ Name, Values: [...Values] }] });

class SdkSurroundings implements SurroundingsApi {
  readonly #made = new Map<string, { destroy(): void }>();

  async *scalingGroups(abortSignal: AbortSignal): AsyncIterable<readonly AutoScalingGroup[]> {
    const sdk = await import('@aws-sdk/client-auto-scaling');
    const client = this.#get('as', () => new sdk.AutoScalingClient(setting));
    for await (const page of sdk.paginateDescribeAutoScalingGroups({ client }, {}, { abortSignal }))
      yield page.AutoScalingGroups ?? [];
  }

  async scalingActivities(
    AutoScalingGroupName: string,
    abortSignal: AbortSignal,
  ): Promise<readonly Activity[]> {
    const sdk = await import('@aws-sdk/client-auto-scaling');
    const client = this.#get('as', () => new sdk.AutoScalingClient(setting));
    const command = new sdk.DescribeScalingActivitiesCommand({ AutoScalingGroupName, MaxRecords: 20 });
    return (await client.send(command, { abortSignal })).Activities ?? [];
  }

  async containerInstances(
    cluster: string,
    maxResults: number,
    abortSignal: AbortSignal,
  ): Promise<readonly ContainerInstance[]> {
    const sdk = await import('@aws-sdk/client-ecs');
    const client = this.#get('ecs', () => new sdk.ECSClient(setting));
    const list = new sdk.ListContainerInstancesCommand({ cluster, maxResults });
    const { containerInstanceArns: arns = [] } = await client.send(list, { abortSignal });
    if (arns.length === 0) return [];
    const command = new sdk.DescribeContainerInstancesCommand({ cluster, containerInstances: arns });
    return (await client.send(command, { abortSignal })).containerInstances ?? [];
  }

  async instances(
    of: InstanceChoice,
    MaxResults: number,
    abortSignal: AbortSignal,
  ): Promise<readonly Instance[]> {
    const { sdk, client } = await this.#ec2();
    const asked =
      'groups' in of
        ? { ...byName('tag:aws:autoscaling:groupName', of.groups), MaxResults }
        : { InstanceIds: [...of.ids] };
    const { Reservations = [] } = await client.send(new sdk.DescribeInstancesCommand(asked), { abortSignal });
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async *aliveInstances(abortSignal: AbortSignal): AsyncIterable<readonly Instance[]> {
    const { sdk, client } = await this.#ec2();
    const asked = { ...byName('instance-state-name', ['pending', 'running']), MaxResults: 1000 };
    for await (const { Reservations = [] } of sdk.paginateDescribeInstances({ client }, asked, {
      abortSignal,
    }))
      yield Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async instanceTypes(
    patterns: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<readonly InstanceTypeInfo[]> {
    const { sdk, client } = await this.#ec2();
    const asked = byName('instance-type', patterns);
    const found: InstanceTypeInfo[] = [];
    for await (const page of sdk.paginateDescribeInstanceTypes({ client }, asked, { abortSignal }))
      found.push(...(page.InstanceTypes ?? []));
    return found;
  }

  async subnets(ids: readonly string[], abortSignal: AbortSignal): Promise<readonly Subnet[]> {
    const { sdk, client } = await this.#ec2();
    const command = new sdk.DescribeSubnetsCommand(byName('subnet-id', ids));
    return (await client.send(command, { abortSignal })).Subnets ?? [];
  }

  async routeTables(vpcs: readonly string[], abortSignal: AbortSignal): Promise<readonly RouteTable[]> {
    const { sdk, client } = await this.#ec2();
    const command = new sdk.DescribeRouteTablesCommand(byName('vpc-id', vpcs));
    return (await client.send(command, { abortSignal })).RouteTables ?? [];
  }

  async securityGroups(ids: readonly string[], abortSignal: AbortSignal): Promise<readonly SecurityGroup[]> {
    const { sdk, client } = await this.#ec2();
    const command = new sdk.DescribeSecurityGroupsCommand(byName('group-id', ids));
    return (await client.send(command, { abortSignal })).SecurityGroups ?? [];
  }

  async vpcEndpoints(vpcs: readonly string[], abortSignal: AbortSignal): Promise<readonly VpcEndpoint[]> {
    const { sdk, client } = await this.#ec2();
    const command = new sdk.DescribeVpcEndpointsCommand(byName('vpc-id', vpcs));
    return (await client.send(command, { abortSignal })).VpcEndpoints ?? [];
  }

  async role(RoleName: string, abortSignal: AbortSignal): Promise<Role | undefined> {
    const sdk = await import('@aws-sdk/client-iam');
    const client = this.#get('iam', () => new sdk.IAMClient(setting));
    try {
      return (await client.send(new sdk.GetRoleCommand({ RoleName }), { abortSignal })).Role;
    } catch (error) {
      if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return undefined;
      throw error;
    }
  }

  async hasImage({ account, repository, id }: EcrImage, abortSignal: AbortSignal): Promise<boolean> {
    const sdk = await import('@aws-sdk/client-ecr');
    const client = this.#get('ecr', () => new sdk.ECRClient(setting));
    const asked = { registryId: account, repositoryName: repository, imageIds: [id] };
    try {
      await client.send(new sdk.DescribeImagesCommand(asked), { abortSignal });
      return true;
    } catch (error) {
      if (error instanceof Error && /^(?:ImageNotFound|RepositoryNotFound)/.test(error.name)) return false;
      throw error;
    }
  }

  async quotas(ServiceCode: string, abortSignal: AbortSignal): Promise<readonly ServiceQuota[]> {
    const sdk = await import('@aws-sdk/client-service-quotas');
    const client = this.#get('quotas', () => new sdk.ServiceQuotasClient(setting));
    const found: ServiceQuota[] = [];
    for await (const page of sdk.paginateListServiceQuotas({ client }, { ServiceCode }, { abortSignal }))
      found.push(...(page.Quotas ?? []));
    return found;
  }

  close(): void {
    for (const client of this.#made.values()) client.destroy();
  }

  async #ec2() {
    const sdk = await import('@aws-sdk/client-ec2');
    return { sdk, client: this.#get('ec2', () => new sdk.EC2Client(setting)) };
  }

  #get<T extends { destroy(): void }>(name: string, make: () => T): T {
    const made = (this.#made.get(name) ?? make()) as T;
    this.#made.set(name, made);
    return made;
  }
}
