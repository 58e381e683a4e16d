/**
 * Why a container did not start, or how it ended, by the texts of `statusReason` and `container.reason`.
 *
 * Sources: Amazon ECS Developer Guide, "Stopped task error messages"; AWS Batch User Guide, "Troubleshooting AWS Batch" and "Job timeouts";
 * AWS re:Post, "Why is my AWS Batch job …".
 */
import type { DiagnosisKind } from 'leat/compute';

/** What a text stands for. */
export interface ContainerTrouble {
  readonly code: string;
  readonly kind: DiagnosisKind;
  readonly cause: string;
  readonly remedy: string;
}

const image =
  'Check the name and tag of the image, that it is in this region, and its platform (linux/amd64 or linux/arm64).';
const way =
  'Give its subnet a way out: assignPublicIp in a public subnet, a NAT gateway in a private one, or VPC endpoints for ecr.api, ecr.dkr, s3 and logs.';

const troubles: readonly (readonly [pattern: RegExp, trouble: ContainerTrouble])[] = [
  [
    /OutOfMemory/i,
    {
      code: 'out-of-memory',
      kind: 'ended',
      cause: 'the container used more memory than it had and was killed',
      remedy: 'Ask for more with @resources({ memory }), in MB.',
    },
  ],
  [
    /^Host EC2/i,
    {
      code: 'host-ended',
      kind: 'ended',
      cause: 'the instance that ran it was ended (a Spot interruption, or somebody ended it)',
      remedy:
        'Nothing: such tries are repeated and do not count. Often: use on-demand instances for long tasks.',
    },
  ],
  [
    /exceeded timeout|Job attempt duration/i,
    {
      code: 'timeout',
      kind: 'ended',
      // The agent ends a task at its own limit, and leaves a record: this one is reached where the start took long, or the agent died.
      cause: "it reached Batch's time limit, which counts the start of its container",
      remedy:
        'Its log says what the start waited for: does the network of the job reach the datastore? If its task had begun in time, raise @timeout.',
    },
  ],
  [
    /Dependent Job failed/i,
    {
      code: 'dependency-failed',
      kind: 'ended',
      cause: 'a job that it depends on failed',
      remedy: 'Look at that job: its failure is the cause.',
    },
  ],
  [
    /JobStateTimeLimit action/i,
    {
      code: 'state-time-limit',
      kind: 'ended',
      cause:
        'the queue cancels jobs that are stuck for too long (jobStateTimeLimitActions), and this one was',
      remedy: 'Mend the reason that the text names; the limit is a setting of the queue.',
    },
  ],
  [
    /unable to pull secrets|secretsmanager|ssm.*parameter|fetching secret/i,
    {
      code: 'secrets',
      kind: 'misconfigured',
      cause: 'a secret of the job cannot be read',
      remedy: `Let the execution role read it (secretsmanager:GetSecretValue, ssm:GetParameters, kms:Decrypt). ${way}`,
    },
  ],
  [
    /registry auth|ResourceInitializationError.*(?:ecr|pull)/i,
    {
      code: 'registry-auth',
      kind: 'misconfigured',
      cause: 'the container cannot reach the registry of its image, or may not log in there',
      remedy: `${way} The execution role needs ecr:GetAuthorizationToken.`,
    },
  ],
  [
    /CannotPull\w*.*(?:toomanyrequests|rate limit)/is,
    {
      code: 'image-rate-limit',
      kind: 'misconfigured',
      cause: 'the registry refuses more pulls for now (the rate limit of Docker Hub)',
      remedy:
        'Keep the image in ECR, or use public.ecr.aws; Docker Hub limits anonymous pulls for each address.',
    },
  ],
  [
    /CannotPull\w*.*(?:denied|unauthorized|authorization|no basic auth)/is,
    {
      code: 'image-denied',
      kind: 'misconfigured',
      cause: 'the image may not be pulled with the rights that the job has, or it does not exist',
      remedy:
        'Let the role that pulls read the repository: the execution role on Fargate, the instance role on EC2 (AmazonEC2ContainerRegistryPullOnly).',
    },
  ],
  [
    /CannotPull\w*.*(?:not found|does not exist|manifest unknown|no matching manifest|repository .* not found)/is,
    { code: 'image-unknown', kind: 'misconfigured', cause: 'the image does not exist', remedy: image },
  ],
  [
    /CannotPull\w*.*(?:timeout|timed out|i\/o|no such host|connection|deadline)/is,
    {
      code: 'image-unreachable',
      kind: 'misconfigured',
      cause: 'the registry of the image cannot be reached from the subnet of the job',
      remedy: way,
    },
  ],
  [
    /CannotPull\w*.*no space left/is,
    {
      code: 'disk-full',
      kind: 'misconfigured',
      cause: 'the image does not fit onto the disk of the instance',
      remedy:
        "Give the environment's launch template a larger volume, or the job more ephemeralStorage on Fargate.",
    },
  ],
  [
    /CannotPull/i,
    { code: 'image', kind: 'misconfigured', cause: 'the image cannot be pulled', remedy: image },
  ],
  [
    /unable to assume the role/i,
    {
      code: 'role-not-assumable',
      kind: 'misconfigured',
      cause: 'ECS may not take on the role of the job',
      remedy:
        "The role's trust policy must name ecs-tasks.amazonaws.com, and the role must exist in this account.",
    },
  ],
  [
    /logging driver|awslogs|log group|CreateLogStream/i,
    {
      code: 'log-driver',
      kind: 'misconfigured',
      cause: 'the log driver of the container cannot be started',
      remedy:
        'The log group must exist, the role that writes it needs logs:CreateLogStream and logs:PutLogEvents, and on EC2 the ECS agent must know the driver.',
    },
  ],
  [
    /exec format error/i,
    {
      code: 'architecture',
      kind: 'misconfigured',
      cause: 'the image was built for another processor than the one it was started on',
      remedy: 'Build the image for the architecture of the queue (linux/amd64 unless told), or for both.',
    },
  ],
  [
    /DockerTimeoutError|CannotCreateContainerError.*(?:timeout|timed out)|ContainerRuntimeTimeoutError/i,
    {
      code: 'docker-timeout',
      kind: 'misconfigured',
      cause:
        'the container engine of the instance did not answer in time, as it does when its disk is overloaded or full',
      remedy: 'Use instances with faster or larger volumes (gp3), or fewer tasks on each.',
    },
  ],
  [
    /network interface provisioning/i,
    {
      code: 'network-interface',
      kind: 'misconfigured',
      cause: 'no network interface could be made for the container in time',
      remedy:
        'Check free addresses of the subnets and the quota of network interfaces; else it is AWS: try again.',
    },
  ],
  [
    /Capacity is unavailable/i,
    {
      code: 'fargate-capacity',
      kind: 'no-capacity',
      cause: 'Fargate has no capacity in these zones now',
      remedy: 'Try again, add subnets in other zones, or put a FARGATE environment after FARGATE_SPOT.',
    },
  ],
  [
    /CannotStartContainerError|CannotCreateContainerError/i,
    {
      code: 'container-not-started',
      kind: 'misconfigured',
      cause: 'the container cannot be started',
      remedy: 'The text says why: often a volume that is not there, or an entry point that the image lacks.',
    },
  ],
];

/** What a text of ECS or Batch about a container means, if it is a known one. */
export function containerTrouble(...texts: readonly (string | undefined)[]): ContainerTrouble | undefined {
  for (const text of texts) {
    if (text === undefined) continue;
    const found = troubles.find(([pattern]) => pattern.test(text));
    if (found !== undefined) return found[1];
  }
  return undefined;
}
