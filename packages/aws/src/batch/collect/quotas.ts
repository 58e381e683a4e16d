/** Which quotas of the account bound an environment, and how much of them is used. Pure, but for {@link usedVcpus}. */
import type { EnvironmentFacts, QuotaFacts } from '../../diagnose/facts.ts';
import type { Instance, ServiceQuota, SurroundingsApi } from './api.ts';
import { typePatterns } from './instance-shapes.ts';

/** What runs in the account, as its quotas count it. */
export interface UsedVcpus {
  readonly running: readonly { readonly type: string; readonly isSpot: boolean; readonly vcpus: number }[];
  /** There are more that were not looked at. */
  readonly isPart: boolean;
}

/** Instances that are counted at most: five answers of EC2. */
const mostCounted = 5000;

/** Counts what runs and starts in the account. @throws what EC2 says when it may not be asked */
export async function usedVcpus(
  api: Pick<SurroundingsApi, 'aliveInstances'>,
  signal: AbortSignal,
): Promise<UsedVcpus> {
  const running: UsedVcpus['running'][number][] = [];
  for await (const page of api.aliveInstances(signal)) {
    if (running.length >= mostCounted) return { running, isPart: true };
    running.push(...page.map(countedOf));
  }
  return { running, isPart: false };
}

function countedOf({ InstanceType, InstanceLifecycle, CpuOptions }: Instance): UsedVcpus['running'][number] {
  const { CoreCount = 0, ThreadsPerCore = 1 } = CpuOptions ?? {};
  return {
    type: InstanceType ?? '',
    isSpot: InstanceLifecycle === 'spot',
    vcpus: CoreCount * ThreadsPerCore,
  };
}

/** Service Quotas' name of the service that bounds an environment; `undefined`: nobody knows what it starts. */
export function quotaService({ kind }: EnvironmentFacts): 'ec2' | 'fargate' | undefined {
  if (kind === undefined) return undefined;
  return kind.startsWith('FARGATE') ? 'fargate' : 'ec2';
}

/**
 * The quotas that an environment's instances or tasks count against.
 *
 * @param used `undefined`: not known
 */
export function quotasOf(
  environment: EnvironmentFacts,
  listed: readonly ServiceQuota[],
  used: UsedVcpus | undefined,
): readonly QuotaFacts[] {
  const service = quotaService(environment);
  return listed.flatMap(({ QuotaName: name = '', Value: limit }) => {
    if (limit === undefined || service === undefined) return [];
    if (service === 'fargate') return fargateQuota(environment, name, limit);
    const counted = countedBy(name);
    if (counted === undefined || counted.isSpot !== (environment.kind === 'SPOT')) return [];
    const types = typePatterns(environment.instanceTypes ?? []);
    return types.some((type) => counted.families.some((family) => isOfFamily(type, family)))
      ? { name, limit, ...usedOf(counted, used) }
      : [];
  });
}

/** What this environment has is a part of what the account uses. */
function fargateQuota({ kind, desiredVcpus }: EnvironmentFacts, name: string, limit: number): QuotaFacts[] {
  const wanted = kind === 'FARGATE_SPOT' ? /^Fargate Spot vCPU/i : /^Fargate On-Demand vCPU/i;
  if (!wanted.test(name)) return [];
  return [{ name, limit, ...(desiredVcpus === undefined ? {} : { used: desiredVcpus, atLeast: true }) }];
}

interface Counted {
  readonly isSpot: boolean;
  /** `m`, `vt`, `p4`. */
  readonly families: readonly string[];
}

const onDemandPattern = /^Running On-Demand (.+) instances$/;
const spotPattern = /^All (.+) Spot Instance Requests$/;

/** What counts against a quota of EC2, by its name: `All G and VT Spot Instance Requests`, `Running On-Demand Standard (A, C, …) instances`. */
function countedBy(name: string): Counted | undefined {
  const onDemand = onDemandPattern.exec(name)?.[1];
  const families = onDemand ?? spotPattern.exec(name)?.[1];
  if (families === undefined) return undefined;
  if (families === 'High Memory') return { isSpot: onDemand === undefined, families: ['u'] };
  const list = /\((.+)\)/.exec(families)?.[1] ?? families;
  return {
    isSpot: onDemand === undefined,
    families: list.split(/,\s*|\s+and\s+/).map((family) => family.trim().toLowerCase()),
  };
}

/** Names of more than a letter that are families of their own; of others the first letter is: `im4gn` is of I. */
const ownFamilies: ReadonlySet<string> = new Set(['dl', 'hpc', 'inf', 'mac', 'trn', 'vt']);

function isOfFamily(type: string, family: string): boolean {
  const [, letters = '', generation = ''] = /^([a-z]+)-?(\d*)/.exec(type) ?? [];
  const own = ownFamilies.has(letters) ? letters : letters.slice(0, 1);
  return family === own || family === `${own}${generation}`;
}

function usedOf(
  { families, isSpot }: Counted,
  used: UsedVcpus | undefined,
): Pick<QuotaFacts, 'used' | 'atLeast'> {
  if (used === undefined) return {};
  const own = used.running.filter(
    (one) => one.isSpot === isSpot && families.some((family) => isOfFamily(one.type, family)),
  );
  const sum = own.reduce((all, { vcpus }) => all + vcpus, 0);
  return { used: sum, ...(used.isPart ? { atLeast: true } : {}) };
}
