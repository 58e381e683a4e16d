/** Whether a container or an instance can reach what it needs: ECS, the registry, logs. */
import type { BatchFacts, EnvironmentFacts, JobFacts, SubnetFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** What a container has to reach to start, where it has no way to the internet. */
const containerEndpoints = ['ecr.api', 'ecr.dkr', 's3', 'logs'] as const;
/** What an instance has to reach to be taken into its cluster. */
const instanceEndpoints = ['ecs', 'ecs-agent', 'ecs-telemetry'] as const;

const lacking = (environment: EnvironmentFacts, needed: readonly string[]): readonly string[] | undefined =>
  environment.vpcEndpoints === undefined
    ? undefined
    : needed.filter((service) => !environment.vpcEndpoints?.includes(service));

/** Whether something with (or without) a public address gets out of a subnet; `undefined`: not known. */
function getsOut({ way }: SubnetFacts, publicAddress: boolean | undefined): boolean | undefined {
  if (way === undefined || way === 'other') return undefined;
  if (way === 'internet-gateway') return publicAddress;
  return way === 'nat';
}

/** The Fargate job gets nowhere: it has no public address in a public subnet, or its subnet has no way out at all. */
export function waysOut(job: JobFacts, { environments = [] }: BatchFacts): Finding | undefined {
  if (job.platform !== 'FARGATE') return undefined;
  for (const environment of environments) {
    const subnets = environment.subnets ?? [];
    const shut = subnets.filter((subnet) => getsOut(subnet, job.assignPublicIp ?? false) === false);
    const missing = lacking(environment, containerEndpoints);
    if (shut.length === 0 || missing === undefined || missing.length === 0) continue;
    const isPublic = shut.some(({ way }) => way === 'internet-gateway');
    return {
      code: isPublic ? 'fargate-no-public-ip' : 'no-way-out',
      kind: 'misconfigured',
      confidence: 'likely',
      cause: isPublic
        ? 'its subnet is a public one, and the container has no public address: it can reach neither the registry nor the datastore'
        : 'its subnet has no way out: the container can reach neither the registry nor the datastore',
      remedy: isPublic
        ? 'Give it one (@batch({ publicIp: true })), or use private subnets with a NAT gateway.'
        : 'Add a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr, s3 and logs.',
      evidence: shut.map(
        ({ id, way }) =>
          `subnet ${id}: its default route goes to ${way === 'none' ? 'nowhere' : `an ${way}`}; VPC endpoints lack ${missing.join(', ')}`,
      ),
    };
  }
  return undefined;
}

/** What speaks for instances of this environment not reaching ECS, a sentence each. */
export function instanceNetwork(environment: EnvironmentFacts): readonly string[] {
  const missing = lacking(environment, instanceEndpoints) ?? instanceEndpoints;
  const shut = (environment.subnets ?? []).filter(
    (subnet) => getsOut(subnet, subnet.publicIpOnLaunch) === false && missing.length > 0,
  );
  const closed = (environment.securityGroups ?? []).filter(({ letsHttpsOut }) => letsHttpsOut === false);
  return [
    ...shut.map(({ id, way }) =>
      way === 'internet-gateway'
        ? `subnet ${id} is a public one and gives instances no public address (MapPublicIpOnLaunch)`
        : `subnet ${id} has no way out (no NAT gateway, no VPC endpoint for ${missing.join(', ')})`,
    ),
    ...closed.map(({ id }) => `security group ${id} lets nothing out to port 443`),
  ];
}
