/** What the instances of an environment say: on their way, not taken into the cluster, silent, too small, busy. */
import type { EnvironmentFacts, InstanceFacts, JobFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { fits } from './fit.ts';
import { instanceNetwork } from './network.ts';
import { ageText, shapeText } from './units.ts';

/** An instance that has not joined its cluster after this long does not by itself. In milliseconds. */
const joinMs = 5 * 60_000;

/** What is in the way, by the instances that are there. `undefined`: none are known, or one of them has room. */
export function instanceObstacle(
  job: JobFacts,
  environment: EnvironmentFacts,
  now: number,
): Finding | undefined {
  const { managed = true, name, instances } = environment;
  if (instances === undefined) return undefined;
  const alive = instances.filter(
    ({ state }) => state === undefined || state === 'running' || state === 'pending',
  );
  if (alive.length === 0) return managed ? undefined : unmanagedEmpty(name);
  const usable = alive.filter(isUsable);
  if (usable.length === 0) return notUsable(environment, alive, now);
  return noRoom(job, environment, usable);
}

const isUsable = ({ registered, agentConnected, ecsStatus }: InstanceFacts): boolean =>
  registered !== false && agentConnected !== false && (ecsStatus ?? 'ACTIVE') === 'ACTIVE';

const unmanagedEmpty = (name: string): Finding => ({
  code: 'unmanaged-empty',
  kind: 'no-capacity',
  confidence: 'certain',
  cause: `the environment '${name}' is managed by yourselves, and no instance has joined its cluster`,
  remedy: "Start instances with the ECS agent in the environment's cluster (ecsClusterArn).",
  evidence: [],
});

function notUsable(environment: EnvironmentFacts, alive: readonly InstanceFacts[], now: number): Finding {
  const { name } = environment;
  const old = alive.filter(({ launchedAt }) => launchedAt !== undefined && now - launchedAt > joinMs);
  const list = (old.length > 0 ? old : alive).slice(0, 5).map((instance) => aboutInstance(instance, now));
  const draining = alive.every(({ ecsStatus }) => ecsStatus !== undefined && ecsStatus !== 'ACTIVE');
  if (draining)
    return {
      code: 'instances-draining',
      kind: 'on-its-way',
      confidence: 'likely',
      cause: `the instances of '${name}' take no new tasks: they are about to end`,
      remedy: 'Wait: Batch starts new ones for jobs that wait.',
      evidence: list,
    };
  if (old.length === 0)
    return {
      code: 'instances-starting',
      kind: 'on-its-way',
      confidence: 'likely',
      cause: `instances of '${name}' are starting`,
      remedy: 'Wait: a new instance takes two to five minutes.',
      evidence: list,
    };
  if (old.every(({ registered }) => registered === true))
    return {
      code: 'agent-disconnected',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the ECS agents of the instances of '${name}' have no connection`,
      remedy:
        'Look at the agent on an instance (disk full? docker stopped?), or end the instances: Batch starts new ones.',
      evidence: [...list, ...instanceNetwork(environment)],
    };
  return {
    code: 'instances-not-joined',
    kind: 'misconfigured',
    confidence: 'likely',
    cause: `instances of '${name}' run, and do not join its ECS cluster`,
    remedy:
      'They need a way to ECS (public address, NAT gateway or VPC endpoints), an instance role with AmazonEC2ContainerServiceforEC2Role, and an AMI with the ECS agent.',
    evidence: [...list, ...instanceNetwork(environment)],
  };
}

function aboutInstance(
  { id, type, state, launchedAt, registered, agentConnected }: InstanceFacts,
  now: number,
): string {
  const age = launchedAt === undefined ? '' : ` for ${ageText(now - launchedAt)}`;
  const joined =
    registered === false ? ', not in the cluster' : agentConnected === false ? ', agent not connected' : '';
  return `instance ${id}${type === undefined ? '' : ` (${type})`}: ${state ?? 'state unknown'}${age}${joined}`;
}

function noRoom(
  job: JobFacts,
  environment: EnvironmentFacts,
  usable: readonly InstanceFacts[],
): Finding | undefined {
  if (usable.some(({ free }) => free === undefined || fits(job, free) !== false)) return undefined;
  const evidence = usable.slice(0, 5).map(aboutRoom);
  const found = tooSmallEvenEmpty(job, environment, usable) ?? busy(job, environment, usable);
  return { ...found, evidence };
}

const aboutRoom = ({ id, type, free, runningTasks }: InstanceFacts): string =>
  `instance ${id} (${type ?? 'type unknown'}): ${runningTasks ?? '?'} tasks, ${shapeText(free ?? {})} free`;

/** Where the environment's types are known, `neverFits` has judged by them. */
function tooSmallEvenEmpty(
  job: JobFacts,
  { name, shapes = [] }: EnvironmentFacts,
  usable: readonly InstanceFacts[],
): Finding | undefined {
  const tooSmall = usable.every(({ total }) => total !== undefined && fits(job, total) === false);
  if (!tooSmall || shapes.length > 0) return undefined;
  return {
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'likely',
    cause: `it asks for ${shapeText(job)}, and no instance that '${name}' has is as large, even when it is empty`,
    remedy: 'Ask for less with @resources, or give the environment larger instance types.',
    evidence: [],
  };
}

function busy(
  { vcpus = 0 }: JobFacts,
  { name, desiredVcpus = 0, maxVcpus = Number.POSITIVE_INFINITY }: EnvironmentFacts,
  usable: readonly InstanceFacts[],
): Finding {
  const tasks = usable.reduce((sum, { runningTasks = 0 }) => sum + runningTasks, 0);
  const others = `${tasks} other ${tasks === 1 ? 'task' : 'tasks'}`;
  if (tasks === 0)
    return {
      code: 'scaling',
      kind: 'on-its-way',
      confidence: 'likely',
      cause: `no instance of '${name}' has room for it now; Batch replaces them`,
      remedy: 'Wait.',
      evidence: [],
    };
  const isFull = desiredVcpus + vcpus > maxVcpus;
  return {
    code: isFull ? 'environment-full' : 'instances-busy',
    kind: 'waiting',
    confidence: isFull ? 'certain' : 'likely',
    cause: isFull
      ? `'${name}' runs ${others} and may not grow (${desiredVcpus} of ${maxVcpus} vCPU): the job waits until one ends`
      : `the instances of '${name}' are busy with ${others}; Batch adds instances when it sees fit`,
    remedy: isFull ? "Wait, or raise the environment's maxvCpus." : 'Wait.',
    evidence: [],
  };
}
