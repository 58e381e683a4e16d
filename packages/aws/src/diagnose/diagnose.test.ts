import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { BatchFacts } from './facts.ts';
import type { BatchDiagnosis } from './finding.ts';
import { ago, environment, facts, failedLaunch, instance, job, m5, queue } from './situations.fixture.ts';

interface Situation {
  readonly name: string;
  /** Where the situation, or the text in it, is described. */
  readonly source: string;
  readonly facts: BatchFacts;
  readonly code: string;
  readonly kind: BatchDiagnosis['kind'];
  readonly confidence: BatchDiagnosis['confidence'];
  /** Words of the cause or the remedy that a person needs. */
  readonly says?: RegExp;
}

const user = 'AWS Batch User Guide';
const stuck = `${user}, "Jobs stuck in a RUNNABLE status"`;
const scaling = 'Amazon EC2 Auto Scaling User Guide, "Troubleshoot … instance launch failures"';
const stopped = 'Amazon ECS Developer Guide, "Stopped task error messages"';
const endpoints = 'AWS re:Post, "Why is my AWS Batch job stuck in RUNNABLE status?"';

const launching = (message: string): BatchFacts =>
  facts({ environments: [environment({ activities: failedLaunch(message) })] });
const failed = (changes: Parameters<typeof job>[0]): BatchFacts =>
  facts({ job: job({ state: 'FAILED', ...changes }) });

/** What Batch says itself. */
const said: readonly Situation[] = [
  {
    name: 'AWS has no capacity',
    source: `${stuck}, "due to capacity"`,
    facts: facts({
      job: job({
        statusReason:
          'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [p4d.24xlarge]',
      }),
    }),
    code: 'instance-capacity',
    kind: 'no-capacity',
    confidence: 'certain',
    says: /more instance types/,
  },
  {
    name: 'maxvCpus is below the request, by Batch',
    source: `${stuck}, "due to misconfiguration"`,
    facts: facts({
      job: job({
        vcpus: 64,
        statusReason:
          'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job.',
      }),
      environments: [environment({ maxVcpus: 32 })],
    }),
    code: 'max-vcpus-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    says: /64 vCPU.*32/,
  },
  {
    name: 'no instance type is large enough, by Batch',
    source: `${stuck}, "due to misconfiguration"`,
    facts: facts({
      job: job({
        memoryMib: 900_000,
        statusReason:
          'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.',
      }),
    }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    says: /m5\.4xlarge/,
  },
  {
    name: 'Batch says that it is too large, and by the facts it fits',
    source: 'contradiction of the two sources above',
    facts: facts({ job: job({ statusReason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …' }) }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'likely',
  },
  {
    name: 'the service role lacks rights, by Batch',
    source: `${stuck}, "due to misconfiguration"`,
    facts: facts({
      job: job({
        statusReason:
          'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue.',
      }),
    }),
    code: 'service-role',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /AWSServiceRoleForBatch/,
  },
  {
    name: 'all environments are invalid, by Batch',
    source: `${stuck}, "due to invalid compute environments"`,
    facts: facts({
      job: job({ statusReason: 'ACTION_REQUIRED - CE(s) associated with the job queue are invalid.' }),
    }),
    code: 'environments-invalid',
    kind: 'misconfigured',
    confidence: 'certain',
  },
];

/** The queue. */
const queues: readonly Situation[] = [
  {
    name: 'the job at the head is too large',
    source: `${user}, "Job queue blocked events"`,
    facts: facts({
      queue: queue({
        head: {
          id: 'other-job',
          name: 'huge',
          vcpus: 96,
          statusReason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …',
          since: ago(300),
        },
        ahead: 3,
      }),
    }),
    code: 'head-blocks',
    kind: 'waiting',
    confidence: 'certain',
    says: /'huge'.*terminate-job --job-id other-job/s,
  },
  {
    name: 'the job at the head gets no capacity',
    source: `${stuck}, "due to capacity"`,
    facts: facts({
      queue: queue({
        head: { id: 'other-job', statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - …' },
      }),
    }),
    code: 'head-blocks',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'the job at the head is blocked, and Batch does not know why',
    source: `${stuck}, "with undetermined root cause"`,
    facts: facts({
      queue: queue({
        head: {
          id: 'other-job',
          statusReason: 'UNDETERMINED - Batch job is blocked, root cause is undetermined.',
        },
      }),
    }),
    code: 'head-blocks',
    kind: 'waiting',
    confidence: 'certain',
  },
  {
    name: 'the queue is invalid',
    source: 'AWS Batch API Reference, JobQueueDetail.status',
    facts: facts({ queue: queue({ status: 'INVALID', statusReason: 'Client error' }) }),
    code: 'queue-invalid',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the queue is being deleted',
    source: 'AWS Batch API Reference, JobQueueDetail.status',
    facts: facts({ queue: queue({ status: 'DELETING' }) }),
    code: 'queue-deleting',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'a disabled queue goes on with what is in it',
    source: 'AWS Batch API Reference, UpdateJobQueue: state',
    facts: facts({ queue: queue({ state: 'DISABLED', ahead: 7, head: { id: 'other-job' } }) }),
    code: 'in-line',
    kind: 'waiting',
    confidence: 'likely',
    says: /7 jobs/,
  },
  {
    name: 'the queue has no environment',
    source: `${user}, "Job queue parameters"`,
    facts: facts({ environments: [] }),
    code: 'queue-without-environments',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'a share has reached its limit',
    source: `${user}, "Fair-share scheduling policies"`,
    facts: facts({
      job: job({ shareIdentifier: 'research' }),
      queue: queue({ fairShare: true, shares: { research: 98 }, shareLimits: { research: 100 } }),
    }),
    code: 'share-limit',
    kind: 'waiting',
    confidence: 'certain',
    says: /98 of the 100/,
  },
  {
    name: 'the fair-share policy prefers others',
    source: `${user}, "Fair-share scheduling policies"`,
    facts: facts({
      job: job({ shareIdentifier: 'research', schedulingPriority: 1 }),
      queue: queue({ fairShare: true, ahead: 42, head: { id: 'other-job' } }),
    }),
    code: 'fair-share',
    kind: 'waiting',
    confidence: 'likely',
  },
  {
    name: 'a queue with a higher priority takes the environment',
    source: `${user}, "Job queue parameters": priority`,
    facts: facts({ queue: queue({ higherQueues: { urgent: 12 } }) }),
    code: 'higher-priority-queue',
    kind: 'waiting',
    confidence: 'likely',
    says: /urgent \(12\)/,
  },
];

/** Compute environments and their launches. */
const environments: readonly Situation[] = [
  {
    name: 'the environment is disabled',
    source: `${user}, "Compute environment parameters": state`,
    facts: facts({ environments: [environment({ state: 'DISABLED' })] }),
    code: 'environment-disabled',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /--state ENABLED/,
  },
  {
    name: 'the environment is invalid: its service role cannot be used',
    source: `${user}, "INVALID compute environment": incorrect role name or ARN`,
    facts: facts({
      environments: [
        environment({
          status: 'INVALID',
          statusReason:
            'CLIENT_ERROR - Not authorized to perform sts:AssumeRole (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied)',
        }),
      ],
    }),
    code: 'service-role',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the environment is invalid, for an unknown reason',
    source: `${user}, "INVALID compute environment"`,
    facts: facts({ environments: [environment({ status: 'INVALID', statusReason: 'INTERNAL_ERROR' })] }),
    code: 'environment-invalid',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the environment is being updated',
    source: 'AWS Batch API Reference, ComputeEnvironmentDetail.status',
    facts: facts({ environments: [environment({ status: 'UPDATING' })] }),
    code: 'environment-updating',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'the environment is being deleted',
    source: 'AWS Batch API Reference, ComputeEnvironmentDetail.status',
    facts: facts({ environments: [environment({ status: 'DELETING' })] }),
    code: 'environment-deleting',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the instance role does not exist',
    source: `${user}, "Amazon ECS instance role"`,
    facts: facts({
      environments: [environment({ instanceRole: 'arn:aws:iam::1:role/ecsInstanceRole' })],
      roles: { 'arn:aws:iam::1:role/ecsInstanceRole': { exists: false } },
    }),
    code: 'role',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /instance role.*does not exist/,
  },
  {
    name: 'the service role does not trust Batch',
    source: `${user}, "AWS Batch service IAM role"`,
    facts: facts({
      environments: [environment({ serviceRole: 'arn:aws:iam::1:role/batch' })],
      roles: { 'arn:aws:iam::1:role/batch': { exists: true, trusts: ['ec2.amazonaws.com'] } },
    }),
    code: 'role',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /batch\.amazonaws\.com/,
  },
  {
    name: 'BEST_FIT on Spot without a Spot fleet role',
    source: `${user}, "Amazon EC2 Spot Fleet role"`,
    facts: facts({ environments: [environment({ kind: 'SPOT', allocation: 'BEST_FIT' })] }),
    code: 'role',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'maxvCpus is below the request',
    source: `${stuck}, "due to misconfiguration"`,
    facts: facts({ job: job({ vcpus: 300 }) }),
    code: 'max-vcpus-too-small',
    kind: 'never-fits',
    confidence: 'certain',
  },
  {
    name: 'more cores than any instance has',
    source: `${stuck}, "due to misconfiguration"`,
    facts: facts({ job: job({ vcpus: 32 }) }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    says: /m5\.4xlarge with 16 vCPU/,
  },
  {
    name: 'all of the memory that an instance has',
    source: `${user}, "Compute resource memory management"`,
    facts: facts({ job: job({ memoryMib: 65_536 }) }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'likely',
    says: /keeps to itself/,
  },
  {
    name: 'a GPU on a queue without any',
    source: `${user}, "Run GPU jobs"`,
    facts: facts({ job: job({ gpus: 1 }) }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    says: /1 GPU/,
  },
  {
    name: 'a GPU on Fargate',
    source: `${user}, "Fargate compute environments": when to use Fargate`,
    facts: facts({
      job: job({ platform: 'FARGATE', gpus: 1 }),
      environments: [environment({ kind: 'FARGATE', shapes: [] })],
    }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'certain',
    says: /EC2 queue/,
  },
  {
    name: 'an ARM image on an Intel queue',
    source: 'AWS Batch API Reference, RuntimePlatform',
    facts: facts({ job: job({ architecture: 'ARM64' }) }),
    code: 'architecture',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'a Fargate job on an EC2 environment',
    source: `${user}, "Job queue parameters": EC2 and Fargate environments`,
    facts: facts({ job: job({ platform: 'FARGATE' }) }),
    code: 'platform-mismatch',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the quota of on-demand vCPUs is used up',
    source: scaling,
    facts: launching(
      'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. Launching EC2 instance failed.',
    ),
    code: 'vcpu-quota',
    kind: 'no-capacity',
    confidence: 'certain',
    says: /Service Quotas/,
  },
  {
    name: 'the zone has no capacity',
    source: scaling,
    facts: launching(
      'We currently do not have sufficient p3.2xlarge capacity in the Availability Zone you requested (eu-north-1a). Launching EC2 instance failed.',
    ),
    code: 'instance-capacity',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'no Spot capacity',
    source: 'Amazon EC2 API Reference, "Error codes": UnfulfillableCapacity',
    facts: launching(
      'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Launching EC2 instance failed.',
    ),
    code: 'spot-capacity',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'the quota of Spot vCPUs is used up',
    source: 'Amazon EC2 API Reference, "Error codes": MaxSpotInstanceCountExceeded',
    facts: launching(
      'Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded. Launching EC2 instance failed.',
    ),
    code: 'spot-quota',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'the Spot price is above the bid',
    source: 'Amazon EC2 API Reference, "Error codes": SpotMaxPriceTooLow',
    facts: launching(
      'Could not launch Spot Instances. SpotMaxPriceTooLow - Your Spot request price of 0.02 is lower than the minimum required Spot request fulfillment price of 0.04.',
    ),
    code: 'spot-price',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'the service-linked role of Spot is missing',
    source: 'Amazon EC2 User Guide, "Service-linked role for Spot Instance requests"',
    facts: launching(
      'Could not launch Spot Instances. AuthFailure.ServiceLinkedRoleCreationNotPermitted - The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.',
    ),
    code: 'spot-service-linked-role',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /spot\.amazonaws\.com/,
  },
  {
    name: 'the type is not offered in the zone',
    source: scaling,
    facts: launching(
      'Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (eu-north-1c). Launching EC2 instance failed.',
    ),
    code: 'not-in-zone',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the security group is gone',
    source: scaling,
    facts: launching("The security group 'sg-0123' does not exist. Launching EC2 instance failed."),
    code: 'security-group',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the instance profile is gone',
    source: 'Amazon EC2 API Reference, "Error codes": InvalidParameterValue',
    facts: launching('Invalid IamInstanceProfile: ecsInstanceRole. Launching EC2 instance failed.'),
    code: 'instance-profile',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the image of the instances is gone',
    source: scaling,
    facts: launching('AMI ami-0123 does not exist. Launching EC2 instance failed.'),
    code: 'ami-gone',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the disk key cannot be used',
    source:
      'Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes"',
    facts: launching(
      'Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: Client.InternalError: Client error on launch',
    ),
    code: 'kms-key',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the subnet is full',
    source: 'Amazon EC2 API Reference, "Error codes": InsufficientFreeAddressesInSubnet',
    facts: launching(
      'There are not enough free addresses in subnet subnet-0123 to satisfy the requested number of instances. Launching EC2 instance failed.',
    ),
    code: 'subnet-full',
    kind: 'no-capacity',
    confidence: 'certain',
  },
  {
    name: 'a launch fails for a reason that nobody has described',
    source: scaling,
    facts: launching('The moon is in the wrong phase. Launching EC2 instance failed.'),
    code: 'launch-failed',
    kind: 'no-capacity',
    confidence: 'likely',
  },
  {
    name: 'auto-scaling is suspended',
    source: 'Amazon EC2 Auto Scaling User Guide, "Suspend and resume processes"',
    facts: facts({ environments: [environment({ suspended: ['Launch'] })] }),
    code: 'launch-suspended',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the quota has no room, before any launch failed',
    source: 'Amazon EC2 User Guide, "On-Demand Instance quotas"',
    facts: facts({
      environments: [
        environment({ quotas: [{ name: 'Running On-Demand Standard instances', limit: 5, used: 4 }] }),
      ],
    }),
    code: 'vcpu-quota',
    kind: 'no-capacity',
    confidence: 'likely',
    says: /quota/,
  },
  {
    name: 'the quota is smaller than the job, as in a new account for instances with GPUs',
    source: 'Amazon EC2 User Guide, "On-Demand Instance quotas"',
    facts: facts({
      environments: [environment({ quotas: [{ name: 'Running On-Demand G and VT instances', limit: 0 }] })],
    }),
    code: 'vcpu-quota',
    kind: 'no-capacity',
    confidence: 'certain',
    says: /allows 0 vCPU in all .* asks for 4/,
  },
  {
    name: 'the Spot quota is used up, by what was counted',
    source: 'Amazon EC2 User Guide, "Spot Instance quotas"',
    facts: facts({
      environments: [
        environment({
          kind: 'SPOT',
          quotas: [{ name: 'All Standard Spot Instance Requests', limit: 640, used: 640, atLeast: true }],
        }),
      ],
    }),
    code: 'spot-quota',
    kind: 'no-capacity',
    confidence: 'likely',
    says: /no room for 4 more vCPU/,
  },
  {
    name: 'the quota of vCPUs on Fargate is used up',
    source: 'Amazon ECS Developer Guide, "Service quotas for AWS Fargate"',
    facts: facts({
      job: job({ platform: 'FARGATE' }),
      environments: [
        environment({
          kind: 'FARGATE',
          shapes: [],
          desiredVcpus: 6,
          quotas: [{ name: 'Fargate On-Demand vCPU resource count', limit: 6, used: 6, atLeast: true }],
        }),
      ],
    }),
    code: 'fargate-quota',
    kind: 'no-capacity',
    confidence: 'likely',
    says: /Service Quotas/,
  },
  {
    name: 'one quota is used up, and other types of the environment are under another one that has room',
    source: 'Amazon EC2 User Guide, "On-Demand Instance quotas"',
    facts: facts({
      environments: [
        environment({
          quotas: [
            { name: 'Running On-Demand P instances', limit: 0 },
            { name: 'Running On-Demand G and VT instances', limit: 64, used: 8 },
          ],
        }),
      ],
    }),
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
  },
  {
    name: 'quotas may not be read, and nothing else explains it',
    source:
      'a caller without the right: AWS Identity and Access Management User Guide, "Troubleshoot access denied errors"',
    facts: (() => {
      const { quotas: _unread, ...rest } = environment();
      const why =
        'AccessDeniedException: User: arn:aws:iam::123456789012:user/ada is not authorized to perform: servicequotas:ListServiceQuotas';
      return facts({ environments: [rest], unread: [{ what: 'the quotas of ec2', why }] });
    })(),
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
    says: /Not known: the quotas of vCPUs for 'leat-ec2'. Ask again with the rights servicequotas:ListServiceQuotas/,
  },
  {
    name: 'Fargate has used up the vCPUs of the environment',
    source: `${user}, "Compute environment parameters": maxvCpus`,
    facts: facts({
      job: job({ platform: 'FARGATE' }),
      environments: [environment({ kind: 'FARGATE', shapes: [], desiredVcpus: 254 })],
    }),
    code: 'environment-full',
    kind: 'waiting',
    confidence: 'likely',
  },
  {
    name: 'one environment is too small, the other gets no Spot: the nearer one is the answer',
    source: 'the two situations above, in one queue',
    facts: facts({
      job: job({ vcpus: 32 }),
      environments: [
        environment({ name: 'small' }),
        environment({
          name: 'large-spot',
          kind: 'SPOT',
          shapes: [{ type: 'm5.24xlarge', vcpus: 96, memoryMib: 393_216, gpus: 0 }],
          activities: failedLaunch('Could not launch Spot Instances. UnfulfillableCapacity - …'),
        }),
      ],
    }),
    code: 'spot-capacity',
    kind: 'no-capacity',
    confidence: 'certain',
  },
];

/** Instances. */
const instances: readonly Situation[] = [
  {
    name: 'instances run and do not join: a public subnet without public addresses',
    source: endpoints,
    facts: facts({
      environments: [
        environment({
          desiredVcpus: 16,
          instances: [instance({ registered: false })],
          subnets: [{ id: 'subnet-1', way: 'internet-gateway', publicIpOnLaunch: false }],
        }),
      ],
    }),
    code: 'instances-not-joined',
    kind: 'misconfigured',
    confidence: 'likely',
    says: /public address/,
  },
  {
    name: 'instances run and do not join: nothing may go out',
    source: endpoints,
    facts: facts({
      environments: [
        environment({
          instances: [instance({ registered: false })],
          securityGroups: [{ id: 'sg-1', letsHttpsOut: false }],
        }),
      ],
    }),
    code: 'instances-not-joined',
    kind: 'misconfigured',
    confidence: 'likely',
  },
  {
    name: 'the agents are silent',
    source: 'Amazon ECS Developer Guide, "Amazon ECS container agent … disconnected"',
    facts: facts({ environments: [environment({ instances: [instance({ agentConnected: false })] })] }),
    code: 'agent-disconnected',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'instances are starting',
    source: `${user}, "Job states": RUNNABLE`,
    facts: facts({
      environments: [
        environment({ instances: [instance({ state: 'pending', launchedAt: ago(1), registered: false })] }),
      ],
    }),
    code: 'instances-starting',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'all instances drain',
    source: 'Amazon ECS Developer Guide, "Draining Amazon ECS container instances"',
    facts: facts({ environments: [environment({ instances: [instance({ ecsStatus: 'DRAINING' })] })] }),
    code: 'instances-draining',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'others use all that the environment may have',
    source: `${stuck}: waiting for its turn`,
    facts: facts({
      environments: [
        environment({
          maxVcpus: 16,
          desiredVcpus: 16,
          instances: [instance({ runningTasks: 4, free: { vcpus: 0, memoryMib: 0, gpus: 0 } })],
        }),
      ],
    }),
    code: 'environment-full',
    kind: 'waiting',
    confidence: 'certain',
    says: /4 other tasks.*maxvCpus/s,
  },
  {
    name: 'others are at work, and the environment may still grow',
    source: `${stuck}: waiting for its turn`,
    facts: facts({
      environments: [
        environment({
          desiredVcpus: 16,
          instances: [instance({ runningTasks: 4, free: { vcpus: 1, memoryMib: 900, gpus: 0 } })],
        }),
      ],
    }),
    code: 'instances-busy',
    kind: 'waiting',
    confidence: 'likely',
  },
  {
    name: 'instances are there and too small, and their types are not known',
    source: `${stuck}: requests more than is available`,
    facts: facts({
      environments: [
        environment({
          shapes: [],
          instances: [
            instance({
              type: 'm5.large',
              free: { vcpus: 2, memoryMib: 7700, gpus: 0 },
              total: { vcpus: 2, memoryMib: 7700, gpus: 0 },
            }),
          ],
        }),
      ],
    }),
    code: 'instances-too-small',
    kind: 'never-fits',
    confidence: 'likely',
  },
  {
    name: 'a self-managed environment without instances',
    source: `${user}, "Unmanaged compute environments"`,
    facts: facts({ environments: [environment({ managed: false })] }),
    code: 'unmanaged-empty',
    kind: 'no-capacity',
    confidence: 'certain',
  },
];

/** Before and after RUNNABLE. */
const others: readonly Situation[] = [
  {
    name: 'just submitted',
    source: `${user}, "Job states": SUBMITTED`,
    facts: facts({ job: job({ state: 'SUBMITTED', createdAt: ago(0) }) }),
    code: 'submitted',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'waits for a job that it depends on',
    source: `${user}, "Job dependencies"`,
    facts: facts({ job: job({ state: 'PENDING', dependsOn: [{ id: 'first', state: 'RUNNABLE' }] }) }),
    code: 'dependency',
    kind: 'waiting',
    confidence: 'certain',
  },
  {
    name: 'the parent of an array',
    source: `${user}, "Array jobs"`,
    facts: facts({ job: job({ state: 'PENDING', arraySize: 1000 }) }),
    code: 'array-parent',
    kind: 'on-its-way',
    confidence: 'certain',
  },
  {
    name: 'the image is being pulled',
    source: `${user}, "Job states": STARTING`,
    facts: facts({ job: job({ state: 'STARTING', createdAt: ago(4) }) }),
    code: 'starting',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'Fargate in a public subnet without a public address',
    source: `${stopped}: ResourceInitializationError`,
    facts: facts({
      job: job({ state: 'STARTING', platform: 'FARGATE', assignPublicIp: false }),
      environments: [
        environment({
          kind: 'FARGATE',
          subnets: [{ id: 'subnet-1', way: 'internet-gateway' }],
          vpcEndpoints: [],
        }),
      ],
    }),
    code: 'fargate-no-public-ip',
    kind: 'misconfigured',
    confidence: 'likely',
    says: /publicIp/,
  },
  {
    name: 'it starts for an hour',
    source: endpoints,
    facts: facts({ job: job({ state: 'STARTING', createdAt: ago(70) }) }),
    code: 'slow-start',
    kind: 'misconfigured',
    confidence: 'likely',
  },
  {
    name: 'the image does not exist',
    source: `${stopped}: CannotPullContainer`,
    facts: failed({
      containerReason:
        'CannotPullContainerError: pull image manifest has been retried 1 time(s): docker.io/acme/nothing:latest not found',
    }),
    code: 'image-unknown',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the image may not be pulled',
    source: `${stopped}: CannotPullContainer`,
    facts: failed({
      containerReason:
        'CannotPullContainerError: pull access denied for acme/private, repository does not exist or may require authorization',
    }),
    code: 'image-denied',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the registry limits pulls',
    source: `${stopped}: CannotPullContainer`,
    facts: failed({
      containerReason: 'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.',
    }),
    code: 'image-rate-limit',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the registry cannot be reached',
    source: `${stopped}: CannotPullContainer`,
    facts: failed({
      containerReason:
        'CannotPullContainerError: ref pull has been retried 5 time(s): failed to do request: Head "https://registry-1.docker.io/…": dial tcp 34.1.2.3:443: i/o timeout',
    }),
    code: 'image-unreachable',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'a secret cannot be read',
    source: `${stopped}: ResourceInitializationError`,
    facts: failed({
      statusReason:
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException',
    }),
    code: 'secrets',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'the role of the job does not trust ECS',
    source: stopped,
    facts: failed({
      statusReason:
        "ECS was unable to assume the role 'arn:aws:iam::1:role/job' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions",
    }),
    code: 'role-not-assumable',
    kind: 'misconfigured',
    confidence: 'certain',
    says: /ecs-tasks\.amazonaws\.com/,
  },
  {
    name: 'the log driver cannot be started',
    source: stopped,
    facts: failed({
      containerReason:
        'CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.',
    }),
    code: 'log-driver',
    kind: 'misconfigured',
    confidence: 'certain',
  },
  {
    name: 'out of memory',
    source: `${user}, "Troubleshooting AWS Batch"`,
    facts: failed({
      exitCode: 137,
      statusReason: 'Essential container in task exited',
      containerReason: 'OutOfMemoryError: Container killed due to memory usage',
    }),
    code: 'out-of-memory',
    kind: 'ended',
    confidence: 'certain',
    says: /@resources/,
  },
  {
    name: 'Spot took the instance',
    source: `${user}, "Automated job retries"`,
    facts: failed({ statusReason: 'Host EC2 (instance i-0abc) terminated.' }),
    code: 'host-ended',
    kind: 'ended',
    confidence: 'certain',
  },
  {
    name: 'the timeout of the job',
    source: `${user}, "Job timeouts"`,
    facts: failed({ statusReason: 'Job attempt duration exceeded timeout' }),
    code: 'timeout',
    kind: 'ended',
    confidence: 'certain',
  },
  {
    name: 'the queue gave it up',
    source: `${user}, "Automatic remediation with jobStateTimeLimitActions"`,
    facts: failed({
      statusReason:
        'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    }),
    code: 'state-time-limit',
    kind: 'ended',
    confidence: 'certain',
  },
  {
    name: 'an exit code',
    source: 'AWS Batch API Reference, ContainerDetail.exitCode',
    facts: failed({ exitCode: 3, statusReason: 'Essential container in task exited' }),
    code: 'exit',
    kind: 'ended',
    confidence: 'certain',
    says: /exit code 3/,
  },
];

/** Where it takes its time, and where nobody can tell. */
const open: readonly Situation[] = [
  {
    name: 'two minutes old, and nothing in its way',
    source: `${user}, "Job states": RUNNABLE`,
    facts: facts({ job: job({ createdAt: ago(2) }) }),
    code: 'scaling',
    kind: 'on-its-way',
    confidence: 'likely',
  },
  {
    name: 'half an hour old, and nothing in its way',
    source: 'nothing that was read explains it',
    facts: facts(),
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
  },
  {
    name: 'first in line, an instance with room, and still it waits',
    source: 'facts that contradict each other',
    facts: facts({ environments: [environment({ instances: [instance()] })] }),
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
  },
  {
    name: 'nothing but the job could be read',
    source: 'a caller without rights',
    facts: {
      collectedAt: ago(0),
      job: job(),
      unread: [
        {
          what: "the queue 'leat-ec2'",
          why: 'AccessDeniedException: not authorized to perform batch:DescribeJobQueues',
        },
      ],
    },
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
    says: /Not known: the queue, the compute environments/,
  },
  {
    name: 'it succeeded with exit code 1',
    source: 'facts that contradict each other',
    facts: facts({ job: job({ state: 'SUCCEEDED', exitCode: 1 }) }),
    code: 'unknown',
    kind: 'unknown',
    confidence: 'none',
  },
  {
    name: 'Batch has forgotten the job',
    source: 'AWS Batch API Reference, DescribeJobs: jobs that ended are kept for at least 7 days',
    facts: { collectedAt: ago(0) },
    code: 'job-unknown',
    kind: 'unknown',
    confidence: 'none',
  },
];

describe.each([
  ['what Batch says itself', said],
  ['the queue', queues],
  ['environments and launches', environments],
  ['instances', instances],
  ['before and after RUNNABLE', others],
  ['what takes its time, and what nobody knows', open],
])('diagnose: %s', (_, situations) => {
  it.each(situations)('$name', ({ facts: given, code, kind, confidence, says }) => {
    const found = diagnose(given);
    expect({ code: found.code, kind: found.kind, confidence: found.confidence }).toEqual({
      code,
      kind,
      confidence,
    });
    if (says !== undefined) expect(`${found.cause}\n${found.remedy}`).toMatch(says);
    expect(found.evidence.every((line) => line.length > 0 && !line.includes('undefined'))).toBe(true);
  });
});

describe('diagnose', () => {
  it('judges without what nobody could read, wherever that is', () => {
    // Any part may be missing: it must answer, and not from what it does not have.
    const whole = facts({ environments: [environment({ instances: [instance()] })], roles: {}, unread: [] });
    for (const key of Object.keys(whole) as (keyof BatchFacts)[]) {
      if (key === 'collectedAt') continue;
      const { [key]: _dropped, ...rest } = whole;
      expect(diagnose(rest).cause.length).toBeGreaterThan(0);
    }
    for (const key of Object.keys(environment()) as (keyof ReturnType<typeof environment>)[]) {
      if (key === 'name') continue;
      const { [key]: _dropped, ...rest } = environment({ shapes: m5 });
      expect(diagnose(facts({ environments: [rest] })).evidence.length).toBeGreaterThan(0);
    }
  });

  it('takes no failure of yesterday for the cause, and none that a later launch has mended', () => {
    const old = environment({
      activities: [{ at: ago(1500), status: 'Failed', message: 'VcpuLimitExceeded' }],
    });
    const mended = environment({
      activities: [
        { at: ago(2), status: 'Successful' },
        { at: ago(9), status: 'Failed', message: 'VcpuLimitExceeded' },
      ],
    });
    for (const one of [old, mended]) expect(diagnose(facts({ environments: [one] })).code).toBe('unknown');
  });

  it('takes a child of the array at the head for no other job', () => {
    const head = { id: 'array', statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - …' };
    const found = diagnose(facts({ job: job({ id: 'array:3' }), queue: queue({ head }) }));
    expect(found.code).not.toBe('head-blocks');
  });

  it('lists what was looked at when it does not know', () => {
    const { evidence } = diagnose(facts({ unread: [{ what: 'quotas', why: 'AccessDenied' }] }));
    expect(evidence.join('\n')).toMatchInlineSnapshot(`
      "the job is RUNNABLE, submitted 30 min ago
      queue 'leat-ec2': ENABLED VALID (JobQueue Healthy), 0 before this job
      environment 'leat-ec2': EC2 ENABLED VALID (ComputeEnvironment Healthy), vCPUs 0 at least, 0 wanted, 256 at most, 0 instances
      could not read quotas: AccessDenied"
    `);
  });
});
