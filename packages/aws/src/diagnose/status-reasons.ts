/**
 * What Batch itself says of a job that blocks its queue, by the code at the beginning of `statusReason`.
 *
 * Source: AWS Batch User Guide, "Jobs stuck in a RUNNABLE status" and its pages "… due to capacity", "… due to misconfiguration",
 * "… due to invalid compute environments" and "… with undetermined root cause"; API reference, JobDetail.statusReason.
 */
import type { DiagnosisKind } from 'leat/compute';

/** What a code stands for. */
export interface SaidReason {
  readonly code: string;
  readonly kind: DiagnosisKind;
  readonly cause: string;
  readonly remedy: string;
}

const reasons: readonly (readonly [prefix: string, said: SaidReason])[] = [
  [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    {
      code: 'instance-capacity',
      kind: 'no-capacity',
      cause: 'AWS has no free instances of the types that the compute environments ask for',
      remedy:
        'Wait, or give the compute environment more instance types, more zones (subnets) or on-demand instances after Spot.',
    },
  ],
  [
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    {
      code: 'max-vcpus-too-small',
      kind: 'never-fits',
      cause: 'the job asks for more vCPUs than any compute environment of the queue may ever have (maxvCpus)',
      remedy: "Raise the environment's maxvCpus, or ask for fewer cores with @resources({ cpu }).",
    },
  ],
  [
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    {
      code: 'instances-too-small',
      kind: 'never-fits',
      cause: 'no instance type of the compute environments of the queue is large enough for the job',
      remedy:
        'Ask for less with @resources (an instance keeps some of its memory to itself), or give the environment larger instance types.',
    },
  ],
  [
    'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS',
    {
      code: 'service-role',
      kind: 'misconfigured',
      cause: 'the service role of the compute environment lacks permissions that Batch needs',
      remedy:
        'Use the service-linked role AWSServiceRoleForBatch (leave serviceRole out), or attach the policy AWSBatchServiceRole.',
    },
  ],
  [
    'ACTION_REQUIRED',
    {
      code: 'environments-invalid',
      kind: 'misconfigured',
      cause: 'all compute environments of the queue are INVALID',
      remedy: "Read the environments' statusReason, mend what it names, and update or create them again.",
    },
  ],
];

/** Batch's own word on why a job is stuck, if it has one. `UNDETERMINED` is none. */
export function saidReason(statusReason: string | undefined): SaidReason | undefined {
  if (statusReason === undefined) return undefined;
  return reasons.find(([prefix]) => statusReason.startsWith(prefix))?.[1];
}
