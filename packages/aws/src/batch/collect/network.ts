import type { IpPermission, RouteTable } from '@aws-sdk/client-ec2';
import type { SecurityGroupFacts, SubnetFacts } from '../../diagnose/facts.ts';
import type { Clients } from './clients.ts';
import { defined } from './environment-facts.ts';

/** How the machines of an environment are connected. */
export interface NetworkFacts {
  readonly subnets: readonly SubnetFacts[];
  readonly securityGroups: readonly SecurityGroupFacts[];
  readonly vpcEndpoints: readonly string[];
}

/** Asks EC2 about subnets, their routes, security groups and endpoints. @throws what EC2 says when it may not be asked */
export async function networkOf(
  clients: Pick<Clients, 'ec2'>,
  {
    subnets,
    securityGroups,
  }: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] },
  abortSignal: AbortSignal,
): Promise<NetworkFacts> {
  const ec2 = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const options = { abortSignal };
  const byId = (Name: string, Values: readonly string[]) => ({ Filters: [{ Name, Values: [...Values] }] });
  const { Subnets = [] } = await client.send(
    new ec2.DescribeSubnetsCommand(byId('subnet-id', subnets)),
    options,
  );
  const vpcs = [...new Set(Subnets.flatMap(({ VpcId }) => VpcId ?? []))];
  const [{ RouteTables = [] }, { SecurityGroups = [] }, { VpcEndpoints = [] }] = await Promise.all([
    client.send(new ec2.DescribeRouteTablesCommand(byId('vpc-id', vpcs)), options),
    client.send(new ec2.DescribeSecurityGroupsCommand(byId('group-id', securityGroups)), options),
    client.send(new ec2.DescribeVpcEndpointsCommand(byId('vpc-id', vpcs)), options),
  ]);
  return {
    subnets: subnets.map((id) => {
      const found = Subnets.find(({ SubnetId }) => SubnetId === id);
      return {
        id,
        exists: found !== undefined,
        ...defined({
          zone: found?.AvailabilityZone,
          freeAddresses: found?.AvailableIpAddressCount,
          publicIpOnLaunch: found?.MapPublicIpOnLaunch,
          way: found === undefined ? undefined : wayOut(RouteTables, id, found.VpcId),
        }),
      };
    }),
    securityGroups: securityGroups.map((id) => {
      const found = SecurityGroups.find(({ GroupId }) => GroupId === id);
      return {
        id,
        exists: found !== undefined,
        ...defined({ letsHttpsOut: found?.IpPermissionsEgress?.some(letsHttps) }),
      };
    }),
    // com.amazonaws.eu-north-1.ecr.api
    vpcEndpoints: VpcEndpoints.flatMap(({ ServiceName, State }) =>
      ServiceName === undefined || State?.toLowerCase() !== 'available'
        ? []
        : [ServiceName.split('.').slice(3).join('.')],
    ),
  };
}

/** Where the default route of a subnet goes: that of its own table, else of the main one of its network. */
export function wayOut(
  tables: readonly RouteTable[],
  subnet: string,
  vpc: string | undefined,
): NonNullable<SubnetFacts['way']> {
  const own = tables.find(({ Associations = [] }) =>
    Associations.some(({ SubnetId }) => SubnetId === subnet),
  );
  const main = tables.find(
    ({ VpcId, Associations = [] }) => VpcId === vpc && Associations.some(({ Main }) => Main === true),
  );
  const route = (own ?? main)?.Routes?.find(
    ({ DestinationCidrBlock, State }) => DestinationCidrBlock === '0.0.0.0/0' && State !== 'blackhole',
  );
  if (route === undefined) return 'none';
  if (route.GatewayId?.startsWith('igw-') === true) return 'internet-gateway';
  return route.NatGatewayId === undefined ? 'other' : 'nat';
}

function letsHttps({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission): boolean {
  return IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= 443 && ToPort >= 443);
}
