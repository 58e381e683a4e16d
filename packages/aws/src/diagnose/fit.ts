/** Whether a job can ever run in an environment, whatever else runs there. */
import { largestFargate } from '../batch/fargate.ts';
import type { EnvironmentFacts, InstanceShape, JobFacts, JobShape } from './facts.ts';
import type { Finding } from './finding.ts';
import { shapeText } from './units.ts';

/**
 * What an instance has left for containers of its nominal memory, at most: the system and the ECS agent keep the rest.
 * Source: AWS Batch User Guide, "Compute resource memory management" (an m5.large of 8,192 MiB registers about 7,700).
 */
const usableMemory = 0.97;

/** Fargate's largest task. Source: Amazon ECS Developer Guide, "Task CPU and memory" for Fargate. */
const fargateLargest: JobShape = {
  vcpus: largestFargate.cpu,
  memoryMib: largestFargate.memory,
  gpus: 0,
};

const isFargate = ({ kind }: EnvironmentFacts): boolean => kind?.startsWith('FARGATE') ?? false;

/** Whether one place is large enough; `undefined` while a number is missing. */
export function fits(asked: JobShape, place: JobShape): boolean | undefined {
  const pairs = [
    [asked.vcpus ?? 0, place.vcpus],
    [asked.memoryMib ?? 0, place.memoryMib],
    [asked.gpus ?? 0, place.gpus ?? 0],
  ] as const;
  if (pairs.some(([want, has]) => has !== undefined && want > has)) return false;
  return pairs.some(([, has]) => has === undefined) ? undefined : true;
}

/** Why the job can never run in this environment. `undefined`: it can, or nobody knows. */
export function neverFits(job: JobFacts, environment: EnvironmentFacts): Finding | undefined {
  return wrongPlatform(job, environment) ?? aboveMaximum(job, environment) ?? tooLarge(job, environment);
}

function wrongPlatform(job: JobFacts, environment: EnvironmentFacts): Finding | undefined {
  if (job.platform === undefined || environment.kind === undefined) return undefined;
  const wantsFargate = job.platform === 'FARGATE';
  if (wantsFargate === isFargate(environment)) return undefined;
  return {
    code: 'platform-mismatch',
    kind: 'misconfigured',
    confidence: 'certain',
    cause: `the job is for ${job.platform}, and the environment '${environment.name}' is ${environment.kind}`,
    remedy: 'Send it to a queue of the right kind: @batch({ queue }).',
    evidence: [],
  };
}

function aboveMaximum(job: JobFacts, { name, maxVcpus }: EnvironmentFacts): Finding | undefined {
  const asked = (job.vcpus ?? 0) * (job.nodes ?? 1);
  if (maxVcpus === undefined || asked <= maxVcpus) return undefined;
  return {
    code: 'max-vcpus-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    cause: `it asks for ${asked} vCPU, and the environment '${name}' may never have more than ${maxVcpus} (maxvCpus)`,
    remedy: "Raise the environment's maxvCpus, or ask for fewer cores with @resources({ cpu }).",
    evidence: [],
  };
}

function tooLarge(job: JobFacts, environment: EnvironmentFacts): Finding | undefined {
  if (isFargate(environment)) {
    if (fits(job, fargateLargest) !== false) return undefined;
    return tooSmall(
      job,
      `Fargate gives a task at most ${shapeText(fargateLargest)}`,
      'certain',
      'and no GPU: use an EC2 queue.',
    );
  }
  const all = environment.shapes ?? [];
  if (all.length === 0) return undefined;
  const shapes = all.filter(({ architecture }) => isRight(job, architecture));
  if (shapes.length === 0) return wrongArchitecture(job, environment);
  if (shapes.some((shape) => fits(job, usable(shape)) !== false)) return undefined;
  const nearly = shapes.find((shape) => fits(job, shape) !== false);
  const largest = nearly ?? shapes.toSorted((a, b) => b.memoryMib - a.memoryMib || b.vcpus - a.vcpus)[0];
  const has =
    largest === undefined
      ? ''
      : `the largest instance of '${environment.name}' is ${largest.type} with ${shapeText(largest)}`;
  return nearly === undefined
    ? tooSmall(job, has, 'certain')
    : tooSmall(job, `${has}, some of which it keeps to itself`, 'likely');
}

const usable = (shape: InstanceShape): JobShape => ({
  ...shape,
  memoryMib: Math.floor(shape.memoryMib * usableMemory),
});

const isRight = ({ architecture }: JobFacts, of: string | undefined): boolean =>
  architecture === undefined || of === undefined || architecture === of;

function wrongArchitecture(job: JobFacts, environment: EnvironmentFacts): Finding {
  return {
    code: 'architecture',
    kind: 'misconfigured',
    confidence: 'certain',
    cause: `it asks for ${job.architecture ?? 'another architecture'}, and no instance type of '${environment.name}' has it`,
    remedy: 'Send it to a queue of the right architecture, or build the image for this one.',
    evidence: [],
  };
}

function tooSmall(job: JobFacts, has: string, confidence: Finding['confidence'], more = ''): Finding {
  return {
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence,
    cause: `it asks for ${shapeText(job)}; ${has}`,
    remedy: `Ask for less with @resources, or use larger instance types${more === '' ? '.' : `; ${more}`}`,
    evidence: [],
  };
}
