/** Jobs that are not RUNNABLE: before it they wait for others, after it their container starts, runs or has ended. */
import { containerTrouble } from './container-troubles.ts';
import type { BatchFacts, JobFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { waysOut } from './network.ts';
import { ageText } from './units.ts';

/** A container that has not begun after this long is more than an image that is being pulled. In milliseconds. */
const longStartMs = 10 * 60_000;

/** What is to be said of a job that Batch has not made RUNNABLE, or has taken out of it. `undefined`: the facts do not tell. */
export function outsideRunnable(job: JobFacts, facts: BatchFacts): Finding | undefined {
  switch (job.state) {
    case 'SUBMITTED':
      return submitted(job, facts);
    case 'PENDING':
      return pending(job, facts);
    case 'STARTING':
      return starting(job, facts);
    case 'RUNNING':
      return {
        code: 'running',
        kind: 'running',
        confidence: 'certain',
        cause: 'it runs',
        evidence: stateEvidence(job, facts),
      };
    case 'SUCCEEDED':
      return {
        code: 'succeeded',
        kind: 'ended',
        confidence: 'certain',
        cause: 'it ended well',
        evidence: [],
      };
    case 'FAILED':
      return failed(job, facts);
    default:
      return undefined;
  }
}

/** Its state, its reason and since when. */
export function stateEvidence(
  job: JobFacts,
  { collectedAt }: Pick<BatchFacts, 'collectedAt'>,
): readonly string[] {
  const since = job.state === 'RUNNING' ? (job.startedAt ?? job.createdAt) : job.createdAt;
  const age =
    since === undefined
      ? ''
      : `, ${job.state === 'RUNNING' ? 'for' : 'submitted'} ${ageText(collectedAt - since)}${job.state === 'RUNNING' ? '' : ' ago'}`;
  const texts = [job.statusReason, job.containerReason].filter((text) => text !== undefined && text !== '');
  return [`the job is ${job.state}${age}`, ...texts.map((text) => `Batch says: ${text}`)];
}

function submitted(job: JobFacts, facts: BatchFacts): Finding {
  return {
    code: 'submitted',
    kind: 'on-its-way',
    confidence: 'likely',
    cause: 'Batch has taken the job and has not looked at it yet',
    remedy: 'Wait: this takes seconds, and minutes when thousands of jobs were submitted at once.',
    evidence: stateEvidence(job, facts),
  };
}

function pending(job: JobFacts, facts: BatchFacts): Finding | undefined {
  const open = (job.dependsOn ?? []).filter(({ state }) => state !== 'SUCCEEDED');
  if (open.length > 0)
    return {
      code: 'dependency',
      kind: 'waiting',
      confidence: 'certain',
      cause: `it waits for ${open.length === 1 ? 'a job' : `${open.length} jobs`} that it depends on`,
      remedy: 'Wait, or look at what keeps those.',
      evidence: [
        ...stateEvidence(job, facts),
        ...open.slice(0, 5).map(({ id, state }) => `it depends on ${id} (${state ?? 'unknown to Batch'})`),
      ],
    };
  if (job.arraySize !== undefined)
    return {
      code: 'array-parent',
      kind: 'on-its-way',
      confidence: 'certain',
      cause: 'it is an array: it stays PENDING until all of its children have ended',
      remedy: 'Diagnose one of its children.',
      evidence: stateEvidence(job, facts),
    };
  return undefined;
}

function starting(job: JobFacts, facts: BatchFacts): Finding {
  const trouble = containerTrouble(job.containerReason, job.statusReason);
  const evidence = stateEvidence(job, facts);
  if (trouble !== undefined) return { ...trouble, confidence: 'certain', evidence };
  const noWay = waysOut(job, facts);
  if (noWay !== undefined) return { ...noWay, evidence: [...evidence, ...noWay.evidence] };
  const age = job.createdAt === undefined ? 0 : facts.collectedAt - job.createdAt;
  if (age < longStartMs)
    return {
      code: 'starting',
      kind: 'on-its-way',
      confidence: 'likely',
      cause: 'it has its place; the image is being pulled and the container started',
      remedy: 'Wait: a large image takes minutes on a new instance.',
      evidence,
    };
  return {
    code: 'slow-start',
    kind: 'misconfigured',
    confidence: 'likely',
    cause:
      'it has its place, but its container does not start: the image may be very large, or its registry out of reach',
    remedy: 'Try a smaller image; check that the subnet reaches the registry, and the log driver of the job.',
    evidence,
  };
}

function failed(job: JobFacts, facts: BatchFacts): Finding {
  const evidence = stateEvidence(job, facts);
  // Reasons of the container first: Batch's own is often only "Essential container in task exited".
  const trouble = containerTrouble(job.containerReason, job.statusReason);
  if (trouble !== undefined) {
    const noWay =
      trouble.code === 'image-unreachable' || trouble.code === 'registry-auth'
        ? waysOut(job, facts)
        : undefined;
    return { ...trouble, confidence: 'certain', evidence: [...evidence, ...(noWay?.evidence ?? [])] };
  }
  if (job.exitCode === 137)
    return {
      code: 'killed',
      kind: 'ended',
      confidence: 'likely',
      cause: 'it was killed (exit code 137): most often by the memory limit of its container',
      remedy: 'Ask for more with @resources({ memory }), in MB.',
      evidence,
    };
  if (job.exitCode !== undefined)
    return {
      code: 'exit',
      kind: 'ended',
      confidence: 'certain',
      cause: `the process of the task ended with exit code ${job.exitCode}`,
      remedy: 'The last lines of its log usually say why.',
      evidence,
    };
  return {
    code: 'failed',
    kind: 'ended',
    confidence: 'likely',
    cause: job.statusReason ?? job.containerReason ?? 'it failed before its container ran',
    evidence,
  };
}
