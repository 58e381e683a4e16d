/**
 * Why a Batch job waits or died, and what to do: a pure function over collected facts. Nothing is guessed: what the facts do not prove is
 * `likely`, and where they are missing or contradict each other the answer is `unknown`, with all that was looked at.
 *
 * Order of the questions about a job in RUNNABLE: what does Batch itself say of it; is the queue whole; can it ever run; does somebody
 * block it; what keeps each environment from starting it; is it simply not its turn; is it too early to ask.
 */
import { aboutEnvironment, obstacle } from './environment.ts';
import type { BatchFacts, EnvironmentFacts, JobFacts, UnreadFact } from './facts.ts';
import { type BatchDiagnosis, type Finding, promise } from './finding.ts';
import { neverFits } from './fit.ts';
import { outsideRunnable, stateEvidence } from './outside-runnable.ts';
import { aboutQueue, blockedByHead, brokenQueue, shareSpent, waitsItsTurn } from './queue.ts';
import { saidReason } from './status-reasons.ts';

/** So long Batch may take to react to a job: it scales every few minutes. In milliseconds. */
const patienceMs = 10 * 60_000;

/**
 * Judges what was found out about a job.
 *
 * @example diagnose({ collectedAt: Date.now(), job: { id: 'a1', name: 'train', state: 'RUNNING' } }).cause // 'it runs'
 */
export function diagnose(facts: BatchFacts): BatchDiagnosis {
  const { job } = facts;
  if (job === undefined) return unknownJob(facts);
  const contradiction = contradictionIn(job);
  if (contradiction !== undefined) return unknown(facts, [contradiction]);
  const found = job.state === 'RUNNABLE' ? runnable(job, facts) : outsideRunnable(job, facts);
  return found ?? unknown(facts, []);
}

function runnable(job: JobFacts, facts: BatchFacts): Finding | undefined {
  const found =
    ownReason(job, facts) ??
    brokenQueue(facts) ??
    neverAnywhere(job, facts) ??
    blockedByHead(job, facts) ??
    shareSpent(job, facts) ??
    everywhereObstructed(job, facts) ??
    waitsItsTurn(job, facts) ??
    young(job, facts);
  return found === undefined
    ? undefined
    : { ...found, evidence: [...new Set([...stateEvidence(job, facts), ...found.evidence])] };
}

/** Batch says it itself; the environments add what exactly is too small or fails. */
function ownReason(job: JobFacts, facts: BatchFacts): Finding | undefined {
  const said = saidReason(job.statusReason);
  if (said === undefined) return undefined;
  const { environments = [] } = facts;
  const details = environments.map((environment) => obstacle(job, environment, facts));
  const same = details.find((detail) => detail?.code === said.code || detail?.kind === said.kind);
  const contradicted = said.kind === 'never-fits' && surelyFits(job, environments);
  return {
    ...said,
    cause: same === undefined ? said.cause : `${said.cause}: ${same.cause}`,
    remedy: same?.remedy ?? said.remedy,
    confidence: contradicted ? 'likely' : 'certain',
    evidence: [
      ...(contradicted
        ? ['by what was read it would fit: the environment may have been changed meanwhile']
        : []),
      ...details.flatMap((detail) => detail?.evidence ?? []),
    ],
  };
}

const surelyFits = (job: JobFacts, environments: readonly EnvironmentFacts[]): boolean =>
  environments.some(
    (environment) => (environment.shapes ?? []).length > 0 && neverFits(job, environment) === undefined,
  );

/** No environment of the queue can ever run it: whatever else is true, this is to be mended first. */
function neverAnywhere(job: JobFacts, { environments = [] }: BatchFacts): Finding | undefined {
  const findings = environments.map((environment) => neverFits(job, environment));
  if (findings.length === 0 || findings.includes(undefined)) return undefined;
  const all = findings.filter((finding) => finding !== undefined);
  return inOne(all, environments);
}

/** Each environment has something in its way; what is nearest to going away is the answer, the others are evidence. */
function everywhereObstructed(job: JobFacts, facts: BatchFacts): Finding | undefined {
  const { environments = [] } = facts;
  const findings = environments.map((environment) => obstacle(job, environment, facts));
  if (findings.length === 0 || findings.includes(undefined)) return undefined;
  return inOne(
    findings.filter((finding) => finding !== undefined),
    environments,
  );
}

function inOne(findings: readonly Finding[], environments: readonly EnvironmentFacts[]): Finding | undefined {
  const [best, ...others] = findings.toSorted((a, b) => promise[a.kind] - promise[b.kind]);
  if (best === undefined) return undefined;
  return {
    ...best,
    evidence: [
      ...environments.map(aboutEnvironment),
      ...best.evidence,
      ...others.filter(({ cause }) => cause !== best.cause).map(({ cause }) => `besides: ${cause}`),
    ],
  };
}

/** It is too early to ask. */
function young(job: JobFacts, facts: BatchFacts): Finding | undefined {
  if (job.createdAt === undefined || facts.collectedAt - job.createdAt > patienceMs) return undefined;
  // A word of Batch that nobody understands is no matter of patience.
  if (job.statusReason !== undefined && job.statusReason !== '') return undefined;
  return {
    code: 'scaling',
    kind: 'on-its-way',
    confidence: 'likely',
    cause: 'nothing is in its way that could be seen: Batch takes minutes to bring up instances',
    remedy: 'Wait some minutes and ask again.',
    evidence: [
      ...(facts.queue === undefined ? [] : [aboutQueue(facts.queue)]),
      ...(facts.environments ?? []).map(aboutEnvironment),
    ],
  };
}

/** Facts of the job that cannot be true together. */
function contradictionIn(job: JobFacts): string | undefined {
  const waits = job.state === 'SUBMITTED' || job.state === 'PENDING' || job.state === 'RUNNABLE';
  if (
    waits &&
    job.arraySize === undefined &&
    job.stoppedAt !== undefined &&
    job.startedAt !== undefined &&
    job.stoppedAt < job.startedAt
  )
    return 'the job is said to have stopped before it started';
  if (job.state === 'SUCCEEDED' && job.exitCode !== undefined && job.exitCode !== 0)
    return `the job is said to have succeeded, and its container to have ended with ${job.exitCode}`;
  return undefined;
}

function unknownJob(facts: BatchFacts): BatchDiagnosis {
  return {
    ...unknown(facts, []),
    code: 'job-unknown',
    cause: 'Batch does not know this job: it keeps jobs that have ended for about a week',
    remedy: 'Look at the log of the task, and at the region and account that are set.',
  };
}

function unknown(facts: BatchFacts, more: readonly string[]): BatchDiagnosis {
  const { job, queue, environments, unread = [] } = facts;
  const lacks = [
    ...(queue === undefined ? ['the queue'] : []),
    ...(queue !== undefined && queue.head === undefined ? ['the head of the queue'] : []),
    ...(environments === undefined ? ['the compute environments'] : []),
    ...(environments ?? []).flatMap(lacksOf),
  ];
  const rights = missingRights(unread);
  return {
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
    cause: 'the cause cannot be told from what could be read',
    remedy:
      lacks.length === 0
        ? 'Look at the job in the AWS Batch console; what is listed here was looked at and explains nothing.'
        : `Not known: ${lacks.join(', ')}. Ask again with ${rights.length === 0 ? 'rights to read them' : `the rights ${rights.join(', ')}`}, or look in the AWS Batch console.`,
    evidence: [
      ...more,
      ...(job === undefined ? [] : stateEvidence(job, facts)),
      ...(queue === undefined ? [] : [aboutQueue(queue)]),
      ...(environments ?? []).map(aboutEnvironment),
      ...unread.map(({ what, why }) => `could not read ${what}: ${why}`),
    ],
  };
}

function lacksOf({ name, kind, instances, activities, quotas }: EnvironmentFacts): readonly string[] {
  const lacks = quotas === undefined ? [`the quotas of vCPUs for '${name}'`] : [];
  if (kind?.startsWith('FARGATE') === true) return lacks;
  return [
    ...(instances === undefined ? [`the instances of '${name}'`] : []),
    ...(activities === undefined ? [`the auto-scaling activities of '${name}'`] : []),
    ...lacks,
  ];
}

/** AWS names the action that somebody may not do: `… is not authorized to perform: servicequotas:ListServiceQuotas`. */
const missingRights = (unread: readonly UnreadFact[]): readonly string[] => [
  ...new Set(unread.flatMap(({ why }) => /perform:? ([\w-]+:\w+)/.exec(why)?.[1] ?? [])),
];
