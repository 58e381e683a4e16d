/** What keeps a job from being the next: the queue's own state, the job at its head, shares, other queues. */
import type { BatchFacts, JobFacts, OtherJob, QueueFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { saidReason } from './status-reasons.ts';
import { ageText, shapeText } from './units.ts';

/** The queue itself is broken. */
export function brokenQueue({ queue, environments }: BatchFacts): Finding | undefined {
  if (queue === undefined) return undefined;
  const { name, status, statusReason } = queue;
  const evidence = [aboutQueue(queue)];
  if (status === 'INVALID' || status === 'DELETING' || status === 'DELETED')
    return {
      code: status === 'INVALID' ? 'queue-invalid' : 'queue-deleting',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the queue '${name}' is ${status}${statusReason === undefined ? '' : `: ${statusReason}`}`,
      remedy: 'Use another queue: @batch({ queue }), or the queue of the profile.',
      evidence,
    };
  if (environments?.length === 0)
    return {
      code: 'queue-without-environments',
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `the queue '${name}' has no compute environment`,
      remedy: `aws batch update-job-queue --job-queue ${name} --compute-environment-order order=1,computeEnvironment=…`,
      evidence,
    };
  return undefined;
}

/** One line of what the queue looks like, for evidence. */
export function aboutQueue({ name, state, status, statusReason, head, ahead, busy }: QueueFacts): string {
  const reason = statusReason === undefined || statusReason === '' ? '' : ` (${statusReason})`;
  const counts = [
    ...(head === 'none' ? ['nothing in its snapshot'] : []),
    ...(ahead === undefined ? [] : [`${ahead} before this job`]),
    ...(busy === undefined ? [] : [`${busy} starting or running`]),
  ];
  // A disabled queue takes no new jobs; those in it go on.
  return `queue '${name}': ${[state, status].filter((part) => part !== undefined).join(' ')}${reason}${counts.length === 0 ? '' : `, ${counts.join(', ')}`}`;
}

/** Somebody else is first, and cannot start. */
export function blockedByHead(job: JobFacts, { queue, collectedAt }: BatchFacts): Finding | undefined {
  const head = otherHead(job, queue);
  if (queue === undefined || head === undefined) return undefined;
  const said = saidReason(head.statusReason);
  if (said === undefined && head.statusReason?.startsWith('UNDETERMINED') !== true) return undefined;
  const name = head.name === undefined ? head.id : `'${head.name}' (${head.id})`;
  const why = said === undefined ? '' : ` (${said.cause})`;
  return {
    code: 'head-blocks',
    kind: said?.kind === 'no-capacity' ? 'no-capacity' : 'waiting',
    confidence: 'certain',
    cause: `the job ${name} stands at the head of the queue '${queue.name}' and cannot start${why}: those behind it wait`,
    remedy: `Mend or end that job: aws batch terminate-job --job-id ${head.id} --reason "blocks the queue". Set jobStateTimeLimitActions, so that such jobs end by themselves.`,
    evidence: [...aboutHead(head, collectedAt), aboutQueue(queue)],
  };
}

/** The job at the head of a queue without shares, unless it is ours. */
function otherHead(job: JobFacts, queue: QueueFacts | undefined): OtherJob | undefined {
  const { head, fairShare = false } = queue ?? {};
  if (head === undefined || head === 'none' || fairShare || isSame(head.id, job.id)) return undefined;
  return head;
}

function aboutHead(head: OtherJob, now: number): readonly string[] {
  const since = head.since === undefined ? '' : `, there for ${ageText(now - head.since)}`;
  return [
    `the head asks for ${shapeText(head)}${since}`,
    `Batch says of it: ${head.statusReason ?? 'nothing'}`,
  ];
}

/** `ID` and `ID:3` are one job: an array is at the head as a whole. */
const isSame = (one: string, other: string): boolean => one.split(':')[0] === other.split(':')[0];

/** Its share has all that it may have. */
export function shareSpent(job: JobFacts, { queue }: BatchFacts): Finding | undefined {
  const { shareIdentifier: share, vcpus = 0 } = job;
  if (share === undefined || queue === undefined) return undefined;
  const limit = queue.shareLimits?.[share];
  const used = queue.shares?.[share] ?? 0;
  if (limit === undefined || used + vcpus <= limit) return undefined;
  return {
    code: 'share-limit',
    kind: 'waiting',
    confidence: 'certain',
    cause: `the share '${share}' uses ${used} of the ${limit} vCPU that it may have`,
    remedy: 'Wait for jobs of the same share, or use another one: @batch({ share }).',
    evidence: [aboutQueue(queue)],
  };
}

/** It waits its turn behind jobs that get on. */
export function waitsItsTurn(job: JobFacts, { queue }: BatchFacts): Finding | undefined {
  if (queue === undefined) return undefined;
  const higher = Object.entries(queue.higherQueues ?? {}).filter(([, count]) => count > 0);
  if (higher.length > 0)
    return {
      code: 'higher-priority-queue',
      kind: 'waiting',
      confidence: 'likely',
      cause: `queues with a higher priority use the same environments and have jobs that wait: ${higher.map(([name, count]) => `${name} (${count})`).join(', ')}`,
      remedy: 'Wait, or use a queue with a higher priority: @batch({ queue }).',
      evidence: [aboutQueue(queue)],
    };
  const { ahead = 0, fairShare = false, name } = queue;
  if (fairShare && ahead > 0)
    return {
      code: 'fair-share',
      kind: 'waiting',
      confidence: 'likely',
      cause: `the fair-share policy of '${name}' puts ${ahead} jobs before it${job.schedulingPriority === undefined ? '' : ` (its priority is ${job.schedulingPriority})`}`,
      remedy:
        'Wait: shares that used much lately come later. @batch({ priority }) orders jobs within a share.',
      evidence: [aboutQueue(queue)],
    };
  if (ahead > 0)
    return {
      code: 'in-line',
      kind: 'waiting',
      confidence: 'likely',
      cause: `${ahead} ${ahead === 1 ? 'job is' : 'jobs are'} before it in the queue '${name}'`,
      remedy: "Wait, or raise the environments' maxvCpus.",
      evidence: [aboutQueue(queue)],
    };
  return undefined;
}
