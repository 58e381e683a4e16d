/** What of a step can never run on its queue. Pure: over facts that were collected before. */
import type { CheckFinding, StepRequest } from 'leat/compute';
import type { EnvironmentFacts, JobFacts, RoleFacts } from '../diagnose/facts.ts';
import { neverFits } from '../diagnose/fit.ts';
import { isFargatePair, largestFargate, nearestFargatePair } from './fargate.ts';
import { type Platform, sizeOf } from './job-spec.ts';
import type { ParsedOptions } from './options.ts';

/** What was found out about the place where a step's tasks are to run. What is absent was not to be found out, and is not judged. */
export interface StepPlace {
  readonly region: string;
  /** `'missing'`: there is no queue of that name. */
  readonly queue:
    | 'missing'
    | {
        readonly state?: string;
        readonly status?: string;
        readonly statusReason?: string;
        readonly fairShare?: boolean;
      };
  readonly platform: Platform;
  readonly environments: readonly EnvironmentFacts[];
  /** By ARN. */
  readonly roles: Readonly<Record<string, RoleFacts>>;
  /** Images of ECR, by name: whether they are there. */
  readonly images: Readonly<Record<string, boolean>>;
}

type Told = Omit<CheckFinding, 'step'>;

/** Options that only one of the platforms has. */
const ec2Only = [
  'sharedMemory',
  'tmpfs',
  'swap',
  'hostVolumes',
  'inferentia',
  'trainium',
  'privileged',
] as const;
const fargateOnly = ['ephemeralStorage'] as const;

/** All that speaks against a step. */
export function checkStep(request: StepRequest, place: StepPlace): readonly CheckFinding[] {
  const options = request.options as unknown as ParsedOptions;
  const told =
    place.queue === 'missing'
      ? [missingQueue(options.queue, place.region)]
      : [
          ...aboutQueue(options, place),
          ...aboutShare(options, place),
          ...aboutOptions(options, place),
          ...aboutRoles(options, place),
          ...aboutImage(options, place),
          ...(place.platform === 'fargate' ? aboutFargate(request) : aboutInstances(request, place)),
        ];
  return told.map((each) => ({
    ...each,
    step: request.step,
    message: `step '${request.step}': ${each.message}`,
  }));
}

const error = (message: string, hint: string): Told => ({ level: 'error', message, hint });
const warning = (message: string, hint: string): Told => ({ level: 'warning', message, hint });

const missingQueue = (queue: string, region: string): Told =>
  error(
    `there is no job queue '${queue}' in ${region}`,
    'Is the region right (AWS_REGION)? aws batch describe-job-queues lists what there is.',
  );

function aboutQueue({ queue: name }: ParsedOptions, { queue, environments }: StepPlace): readonly Told[] {
  if (queue === 'missing') return [];
  const { state = 'ENABLED', status = 'VALID', statusReason } = queue;
  const found: Told[] = [];
  if (state !== 'ENABLED')
    found.push(
      error(
        `the job queue '${name}' is ${state} and takes no jobs`,
        `Enable it: aws batch update-job-queue --job-queue ${name} --state ENABLED`,
      ),
    );
  else if (status === 'INVALID' || status === 'DELETING' || status === 'DELETED')
    found.push(
      error(
        `the job queue '${name}' is ${status}${reasonText(statusReason)}`,
        'Mend the queue, or name another one.',
      ),
    );
  const usable = environments.filter(
    (each) => (each.state ?? 'ENABLED') === 'ENABLED' && each.status !== 'INVALID',
  );
  if (environments.length > 0 && usable.length === 0) {
    const list = environments.map(
      (each) =>
        `'${each.name}' is ${each.state === 'ENABLED' ? (each.status ?? '') : (each.state ?? '')}${reasonText(each.statusReason)}`,
    );
    found.push(
      error(
        `no compute environment of the queue '${name}' can be used: ${list.join('; ')}`,
        'Enable or mend one of them.',
      ),
    );
  }
  return found;
}

function aboutShare({ queue: name, share, priority }: ParsedOptions, { queue }: StepPlace): readonly Told[] {
  if (queue === 'missing') return [];
  const found: Told[] = [];
  if (queue.fairShare === true && share === undefined)
    found.push(
      error(
        `the queue '${name}' has a scheduling policy and asks for a share`,
        "Say whose share it is: @batch({ share: 'research' })",
      ),
    );
  if (queue.fairShare === false && (share !== undefined || priority !== undefined))
    found.push(
      error(
        `the queue '${name}' has no scheduling policy, so it knows no shares and no priorities of jobs`,
        "Remove 'share' and 'priority', or name another queue.",
      ),
    );
  return found;
}

const reasonText = (reason: string | undefined): string =>
  reason === undefined || reason === '' ? '' : ` (${reason})`;

function aboutOptions(options: ParsedOptions, { platform }: StepPlace): readonly Told[] {
  const [foreign, own] = platform === 'fargate' ? [ec2Only, 'Fargate'] : [fargateOnly, 'EC2'];
  const found = foreign
    .filter((name) => options[name] !== undefined)
    .map((name) =>
      error(
        `the option '${name}' is not for ${own}, which the queue '${options.queue}' uses`,
        `Remove '${name}', or name a queue on ${own === 'EC2' ? 'Fargate' : 'EC2'}.`,
      ),
    );
  if (platform === 'fargate' && options.executionRole === undefined)
    found.push(
      error(
        'tasks on Fargate need an execution role',
        "@batch({ executionRole: 'arn:aws:iam::…:role/…' }), LEAT_BATCH_EXECUTION_ROLE, or once for all: leat configure aws",
      ),
    );
  if (options.jobRole === undefined)
    found.push(
      warning(
        'no role is named for the task: it reaches the datastore only with what its instance may do',
        "@batch({ jobRole: 'arn:aws:iam::…:role/…' }), LEAT_BATCH_JOB_ROLE, or once for all: leat configure aws",
      ),
    );
  return found;
}

function aboutRoles({ jobRole, executionRole }: ParsedOptions, { roles }: StepPlace): readonly Told[] {
  return [['jobRole', jobRole] as const, ['executionRole', executionRole] as const].flatMap(
    ([option, arn]) => {
      const role = arn === undefined ? undefined : roles[arn];
      if (role === undefined) return [];
      if (!role.exists)
        return error(
          `its ${option} does not exist: ${arn}`,
          'Name another one, or create it: leat aws template',
        );
      if (role.trusts !== undefined && !role.trusts.includes('ecs-tasks.amazonaws.com'))
        return error(
          `its ${option} may not be taken on by tasks: ${arn} does not trust ecs-tasks.amazonaws.com`,
          "Add that service to the role's trust policy.",
        );
      return [];
    },
  );
}

function aboutImage({ image }: ParsedOptions, { images }: StepPlace): readonly Told[] {
  if (images[image] !== false) return [];
  return [error(`there is no image '${image}'`, 'Push it, or correct its name and tag.')];
}

function aboutFargate({ resources }: StepRequest): readonly Told[] {
  const found: Told[] = [];
  if (resources.gpu.value > 0) found.push(error('Fargate has no GPUs', 'Name a queue on EC2.'));
  const size = sizeOf({ resources, platform: 'fargate' });
  if (isFargatePair(size)) return found;
  const nearest = nearestFargatePair(size);
  const asked = `${size.cpu} cores with ${size.memory} MB`;
  found.push(
    nearest === undefined
      ? error(
          `${asked} are more than Fargate gives a task: ${largestFargate.cpu} cores and ${largestFargate.memory} MB`,
          'Ask for less with @resources, or name a queue on EC2.',
        )
      : error(
          `Fargate has no pair of ${asked}; the nearest that has as much is ${nearest.cpu} cores with ${nearest.memory} MB`,
          `@resources({ cpu: ${nearest.cpu}, memory: ${nearest.memory} })`,
        ),
  );
  return found;
}

/** That it fits one of the environments is enough. */
function aboutInstances({ resources }: StepRequest, { environments }: StepPlace): readonly Told[] {
  const { cpu, memory } = sizeOf({ resources, platform: 'ec2' });
  const job: JobFacts = {
    id: '',
    name: '',
    state: 'SUBMITTED',
    vcpus: cpu,
    memoryMib: memory,
    gpus: resources.gpu.value,
  };
  const obstacles = environments.map((environment) => neverFits(job, environment));
  const certain = obstacles.filter((obstacle) => obstacle?.kind === 'never-fits');
  if (environments.length === 0 || certain.length < environments.length) return [];
  const causes = [...new Set(certain.flatMap((obstacle) => obstacle?.cause ?? []))];
  const remedies = [...new Set(certain.flatMap((obstacle) => obstacle?.remedy ?? []))];
  const level = certain.every((obstacle) => obstacle?.confidence === 'certain') ? 'error' : 'warning';
  return [{ level, message: causes.join('; '), hint: remedies.join(' ') }];
}
