import type { SecurityGroupFacts, SubnetFacts } from '../../diagnose/facts.ts';
import type { IpPermission, RouteTable, SurroundingsApi } from './api.ts';
import { defined } from './environment-facts.ts';

/** How the machines of an environment are connected. */
export interface NetworkFacts {
  readonly subnets: readonly SubnetFacts[];
  readonly securityGroups: readonly SecurityGroupFacts[];
  readonly vpcEndpoints: readonly string[];
}

/** Asks EC2 about subnets, their routes, security groups and endpoints. @throws what EC2 says when it may not be asked */
export async function networkOf(
  api: Pick<SurroundingsApi, 'subnets' | 'routeTables' | 'securityGroups' | 'vpcEndpoints'>,
  {
    subnets,
    securityGroups,
  }: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] },
  signal: AbortSignal,
): Promise<NetworkFacts> {
  const found = await api.subnets(subnets, signal);
  const vpcs = [...new Set(found.flatMap(({ VpcId }) => VpcId ?? []))];
  const [tables, groups, endpoints] = await Promise.all([
    api.routeTables(vpcs, signal),
    api.securityGroups(securityGroups, signal),
    api.vpcEndpoints(vpcs, signal),
  ]);
  return {
    subnets: subnets.map((id) => {
      const subnet = found.find(({ SubnetId }) => SubnetId === id);
      return {
        id,
        exists: subnet !== undefined,
        ...defined({
          zone: subnet?.AvailabilityZone,
          freeAddresses: subnet?.AvailableIpAddressCount,
          publicIpOnLaunch: subnet?.MapPublicIpOnLaunch,
          way: subnet === undefined ? undefined : wayOut(tables, id, subnet.VpcId),
        }),
      };
    }),
    securityGroups: securityGroups.map((id) => {
      const group = groups.find(({ GroupId }) => GroupId === id);
      return {
        id,
        exists: group !== undefined,
        ...defined({ letsHttpsOut: group?.IpPermissionsEgress?.some(letsHttps) }),
      };
    }),
    // com.amazonaws.eu-north-1.ecr.api
    vpcEndpoints: endpoints.flatMap(({ ServiceName, State }) =>
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
