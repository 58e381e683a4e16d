/** What keeps a job from starting in one compute environment, by its settings and by what became of its launches. */
import type { BatchFacts, EnvironmentFacts, JobFacts, QuotaFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { neverFits } from './fit.ts';
import { instanceObstacle } from './instances.ts';
import { launchTrouble } from './launch-messages.ts';

/** Activities older than this say nothing about now. In milliseconds. */
const freshMs = 60 * 60_000;

const isFargate = ({ kind }: EnvironmentFacts): boolean => kind?.startsWith('FARGATE') ?? false;

/** The first thing that is in the way; `undefined`: nothing that was read. */
export function obstacle(
  job: JobFacts,
  environment: EnvironmentFacts,
  facts: BatchFacts,
): Finding | undefined {
  const found =
    unusable(environment) ??
    missingRole(environment, facts) ??
    neverFits(job, environment) ??
    launches(environment, facts.collectedAt) ??
    instanceObstacle(job, environment, facts.collectedAt) ??
    full(job, environment) ??
    quota(job, environment);
  return found === undefined
    ? undefined
    : { ...found, evidence: [aboutEnvironment(environment), ...found.evidence] };
}

/** One line of what an environment looks like, for evidence. */
export function aboutEnvironment(environment: EnvironmentFacts): string {
  const { name, kind, state, status, statusReason, minVcpus, desiredVcpus, maxVcpus, instances } =
    environment;
  const vcpus =
    maxVcpus === undefined
      ? ''
      : `, vCPUs ${minVcpus ?? '?'} at least, ${desiredVcpus ?? '?'} wanted, ${maxVcpus} at most`;
  const count =
    instances === undefined
      ? ''
      : `, ${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}`;
  const reason = statusReason === undefined || statusReason === '' ? '' : ` (${statusReason})`;
  return `environment '${name}': ${[kind, state, status].filter((part) => part !== undefined).join(' ')}${reason}${vcpus}${count}`;
}

function unusable(environment: EnvironmentFacts): Finding | undefined {
  const { name, state, status, statusReason } = environment;
  if (status === 'INVALID') {
    const known = launchTrouble(statusReason);
    const remedy =
      'Read its statusReason, mend what it names, then update the environment or create it again.';
    return {
      code: known?.code ?? 'environment-invalid',
      kind: 'misconfigured',
      confidence: 'certain',
      cause:
        known === undefined
          ? `the environment '${name}' is INVALID`
          : `the environment '${name}' is INVALID: ${known.cause}`,
      remedy: known?.remedy ?? remedy,
      evidence: [],
    };
  }
  if (status === 'DELETING' || status === 'DELETED')
    return {
      code: 'environment-deleting',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the environment '${name}' is being deleted`,
      remedy: 'Give the queue another environment, or use another queue.',
      evidence: [],
    };
  if (state === 'DISABLED')
    return {
      code: 'environment-disabled',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the environment '${name}' is disabled: Batch starts nothing in it`,
      remedy: `aws batch update-compute-environment --compute-environment ${name} --state ENABLED`,
      evidence: [],
    };
  if (status === 'CREATING' || status === 'UPDATING')
    return {
      code: 'environment-updating',
      kind: 'on-its-way',
      confidence: 'likely',
      cause: `the environment '${name}' is ${status}: it takes jobs when that is over`,
      remedy: 'Wait some minutes; when it stays so, look at its events.',
      evidence: [],
    };
  return undefined;
}

function missingRole(
  { name, serviceRole, instanceRole, spotFleetRole, kind, allocation }: EnvironmentFacts,
  { roles = {} }: BatchFacts,
): Finding | undefined {
  const needed: readonly (readonly [what: string, arn: string | undefined, service: string])[] = [
    ['service role', serviceRole, 'batch.amazonaws.com'],
    ['instance role', instanceRole, 'ec2.amazonaws.com'],
    ['Spot fleet role', spotFleetRole, 'spotfleet.amazonaws.com'],
  ];
  for (const [what, arn, service] of needed) {
    const role = arn === undefined ? undefined : roles[arn];
    if (role === undefined) continue;
    if (!role.exists)
      return roleFinding(
        `the ${what} of '${name}' does not exist`,
        `Create the role ${arn}, or name another one.`,
      );
    if (role.trusts !== undefined && !role.trusts.includes(service))
      return roleFinding(
        `the ${what} of '${name}' does not trust ${service}`,
        `Add ${service} to the trust policy of ${arn}.`,
      );
  }
  if (kind === 'SPOT' && allocation === 'BEST_FIT' && spotFleetRole === undefined)
    return roleFinding(
      `the Spot environment '${name}' with the strategy BEST_FIT has no Spot fleet role`,
      'Use SPOT_PRICE_CAPACITY_OPTIMIZED, which needs none, or name a spotIamFleetRole.',
    );
  return undefined;
}

const roleFinding = (cause: string, remedy: string): Finding => ({
  code: 'role',
  kind: 'misconfigured',
  confidence: 'certain',
  cause,
  remedy,
  evidence: [],
});

function launches(
  { name, activities = [], suspended = [] }: EnvironmentFacts,
  now: number,
): Finding | undefined {
  if (suspended.includes('Launch'))
    return {
      code: 'launch-suspended',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the auto-scaling group of '${name}' starts nothing: its process 'Launch' is suspended`,
      remedy:
        'Resume it: aws autoscaling resume-processes --auto-scaling-group-name … --scaling-processes Launch',
      evidence: [],
    };
  const newest = activities.toSorted((a, b) => b.at - a.at).find(({ status }) => status !== 'InProgress');
  if (newest === undefined || newest.status !== 'Failed' || now - newest.at > freshMs) return undefined;
  const evidence = [`the last launch failed: ${newest.message ?? 'without a reason'}`];
  const known = launchTrouble(newest.message);
  if (known !== undefined)
    return { ...known, cause: `${known.cause} ('${name}')`, confidence: 'certain', evidence };
  return {
    code: 'launch-failed',
    kind: 'no-capacity',
    confidence: 'likely',
    cause: `no instance could be started for '${name}'`,
    remedy: 'The text of the failed launch says why.',
    evidence,
  };
}

/** It has all that it may have, and there is no instance to look at (or Fargate shows none). */
function full(job: JobFacts, { name, desiredVcpus, maxVcpus }: EnvironmentFacts): Finding | undefined {
  if (desiredVcpus === undefined || maxVcpus === undefined || maxVcpus === 0) return undefined;
  if (desiredVcpus + (job.vcpus ?? 0) <= maxVcpus) return undefined;
  return {
    code: 'environment-full',
    kind: 'waiting',
    confidence: 'likely',
    cause: `the environment '${name}' uses ${desiredVcpus} of the ${maxVcpus} vCPUs that it may have: the job waits for others`,
    remedy: "Wait, or raise the environment's maxvCpus.",
    evidence: [],
  };
}

const hasNoRoom = ({ limit, used }: QuotaFacts, vcpus: number): boolean =>
  limit < vcpus || (used !== undefined && used + vcpus > limit);

function quota({ vcpus = 1 }: JobFacts, environment: EnvironmentFacts): Finding | undefined {
  const { name, kind, quotas = [] } = environment;
  const spent = quotas.filter((each) => hasNoRoom(each, vcpus));
  // Families of other types may have room.
  if (spent.length === 0 || spent.length < quotas.length) return undefined;
  const most = Math.max(...spent.map(({ limit }) => limit));
  const isTooSmall = most < vcpus;
  return {
    code: kind === 'SPOT' ? 'spot-quota' : isFargate(environment) ? 'fargate-quota' : 'vcpu-quota',
    kind: 'no-capacity',
    confidence: isTooSmall ? 'certain' : 'likely',
    cause: isTooSmall
      ? `the account's quota allows ${most} vCPU in all for what '${name}' may start, and the job asks for ${vcpus}`
      : `the account's quota has no room for ${vcpus} more vCPU in '${name}'`,
    remedy: isTooSmall
      ? 'Ask for a higher quota in Service Quotas: until then it cannot start there.'
      : 'Ask for a higher quota in Service Quotas, or wait until other instances end.',
    evidence: spent.map(aboutQuota),
  };
}

const aboutQuota = ({ name, limit, used, atLeast = false }: QuotaFacts): string =>
  `quota "${name}": ${atLeast ? 'at least ' : ''}${used ?? '?'} of ${limit} vCPU used`;
