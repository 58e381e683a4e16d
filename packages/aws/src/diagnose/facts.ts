/**
 * What was found out about a Batch job: the snapshot that `diagnose` judges. Plain data, so that a situation of a real account can be
 * written to a file and be judged again. Collectors fill in what they may read and leave out the rest: an absent field says "not known",
 * an empty list says "looked at, and there is none". What could not be read, and why, goes into {@link BatchFacts.unread}.
 */

/** Everything that is known about one job and the place where it waits. Times are milliseconds since the epoch, memory is in MiB. */
export interface BatchFacts {
  /** When this was collected. */
  readonly collectedAt: number;
  readonly region?: string;
  /** `undefined`: Batch does not know the job (any more). */
  readonly job?: JobFacts;
  readonly queue?: QueueFacts;
  /** The queue's compute environments, in its order. */
  readonly environments?: readonly EnvironmentFacts[];
  /** Roles by ARN: those of the job, of the environments and of their instances. */
  readonly roles?: Readonly<Record<string, RoleFacts>>;
  /** Answers that did not come. */
  readonly unread?: readonly UnreadFact[];
}

/** Something that was asked for in vain. */
export interface UnreadFact {
  /** As people call it: `auto-scaling activities of leat-ec2`. */
  readonly what: string;
  /** `AccessDenied: … is not authorized to perform autoscaling:DescribeScalingActivities` */
  readonly why: string;
}

/** The states of a job, as Batch names them. */
export type BatchState =
  | 'SUBMITTED'
  | 'PENDING'
  | 'RUNNABLE'
  | 'STARTING'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED';

/** What a job asks for; of an array what each child asks for, of a multi-node job what each node asks for. */
export interface JobShape {
  readonly vcpus?: number;
  readonly memoryMib?: number;
  readonly gpus?: number;
}

/** DescribeJobs, and what belongs to it. */
export interface JobFacts extends JobShape {
  readonly id: string;
  readonly name: string;
  readonly state: BatchState;
  readonly statusReason?: string;
  readonly createdAt?: number;
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  /** `EC2` or `FARGATE`. */
  readonly platform?: string;
  readonly image?: string;
  /** ARN. */
  readonly jobRole?: string;
  /** ARN. */
  readonly executionRole?: string;
  readonly assignPublicIp?: boolean;
  /** `X86_64` or `ARM64`. */
  readonly architecture?: string;
  /** Nodes of a multi-node parallel job. */
  readonly nodes?: number;
  /** How many children an array has. */
  readonly arraySize?: number;
  readonly shareIdentifier?: string;
  readonly schedulingPriority?: number;
  /** `awslogs` unless told. */
  readonly logDriver?: string;
  /** What its secrets are read from: ARNs or names. */
  readonly secrets?: readonly string[];
  /** Jobs that it waits for, with what is known of them. */
  readonly dependsOn?: readonly { readonly id: string; readonly state?: BatchState }[];
  /** Of the last try. */
  readonly exitCode?: number;
  /** `container.reason` of the last try: `CannotPullContainerError: …`. */
  readonly containerReason?: string;
  /** The name of the log stream; it is known once the container runs. */
  readonly logStream?: string;
}

/** A job at the head of a queue, or one that runs. */
export interface OtherJob extends JobShape {
  readonly id: string;
  readonly name?: string;
  readonly statusReason?: string;
  readonly since?: number;
}

/** DescribeJobQueues, GetJobQueueSnapshot, ListJobs. */
export interface QueueFacts {
  readonly name: string;
  /** `ENABLED` or `DISABLED`. */
  readonly state?: string;
  /** `CREATING`, `UPDATING`, `DELETING`, `DELETED`, `VALID`, `INVALID`. */
  readonly status?: string;
  readonly statusReason?: string;
  readonly priority?: number;
  /** The first in the order of dispatch; `'none'`: nothing is RUNNABLE. */
  readonly head?: OtherJob | 'none';
  /** How many RUNNABLE jobs come before ours, as far as the snapshot reaches (100). */
  readonly ahead?: number;
  /** Jobs of this queue in STARTING or RUNNING; of many a lower bound. */
  readonly busy?: number;
  /** It has a fair-share policy. */
  readonly fairShare?: boolean;
  /** vCPUs in use by share identifier (fair-share queues). */
  readonly shares?: Readonly<Record<string, number>>;
  /** Most vCPUs of a share, where the policy or a quota limits it. */
  readonly shareLimits?: Readonly<Record<string, number>>;
  /** Queues with a higher priority on the same environments that have RUNNABLE jobs, by name. */
  readonly higherQueues?: Readonly<Record<string, number>>;
}

/** DescribeComputeEnvironments, and what stands behind one. */
export interface EnvironmentFacts {
  readonly name: string;
  readonly managed?: boolean;
  /** `ENABLED` or `DISABLED`. */
  readonly state?: string;
  readonly status?: string;
  readonly statusReason?: string;
  /** `EC2`, `SPOT`, `FARGATE`, `FARGATE_SPOT`. */
  readonly kind?: string;
  readonly minVcpus?: number;
  readonly maxVcpus?: number;
  readonly desiredVcpus?: number;
  /** As they were configured: `optimal`, `default_arm64`, `m5`, `m5.large`. */
  readonly instanceTypes?: readonly string[];
  /** What these come to (DescribeInstanceTypes), or as much of it as was looked up. */
  readonly shapes?: readonly InstanceShape[];
  /** `BEST_FIT`, `BEST_FIT_PROGRESSIVE`, `SPOT_CAPACITY_OPTIMIZED`, … */
  readonly allocation?: string;
  /** Percent of the on-demand price, where the environment limits the Spot price. */
  readonly bidPercentage?: number;
  /** ARN. */
  readonly serviceRole?: string;
  /** ARN of the role in the instance profile. */
  readonly instanceRole?: string;
  /** ARN; BEST_FIT on Spot needs one. */
  readonly spotFleetRole?: string;
  readonly subnets?: readonly SubnetFacts[];
  readonly securityGroups?: readonly SecurityGroupFacts[];
  /** Services that the VPC reaches by an endpoint of its own: `ecr.api`, `ecr.dkr`, `s3`, `logs`, `ecs`, `ecs-agent`, `ecs-telemetry`. */
  readonly vpcEndpoints?: readonly string[];
  /** EC2 instances that carry the tag of the environment (or of its auto-scaling group). */
  readonly instances?: readonly InstanceFacts[];
  /** Activities of its auto-scaling groups, newest first. */
  readonly activities?: readonly ScalingActivity[];
  /** Of its auto-scaling groups: SUSPENDED processes such as `Launch`. */
  readonly suspended?: readonly string[];
  /** Quotas that bound it (Service Quotas), in vCPUs. */
  readonly quotas?: readonly QuotaFacts[];
}

/** An instance type. */
export interface InstanceShape {
  readonly type: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly architecture?: string;
  /** Zones that offer it, of those that the environment's subnets lie in. */
  readonly zones?: readonly string[];
}

/** A subnet of an environment. */
export interface SubnetFacts {
  readonly id: string;
  /** It was found. */
  readonly exists?: boolean;
  readonly zone?: string;
  readonly freeAddresses?: number;
  /** Instances get a public address by themselves. */
  readonly publicIpOnLaunch?: boolean;
  /** Where its default route goes. */
  readonly way?: 'internet-gateway' | 'nat' | 'other' | 'none';
}

/** A security group of an environment. */
export interface SecurityGroupFacts {
  readonly id: string;
  readonly exists?: boolean;
  /** It lets traffic to port 443 out. */
  readonly letsHttpsOut?: boolean;
}

/** An EC2 instance of an environment and what its ECS agent says. */
export interface InstanceFacts {
  readonly id: string;
  readonly type?: string;
  /** `pending`, `running`, `shutting-down`, … */
  readonly state?: string;
  readonly zone?: string;
  readonly launchedAt?: number;
  /** It is a container instance of the environment's cluster. */
  readonly registered?: boolean;
  readonly agentConnected?: boolean;
  /** `ACTIVE`, `DRAINING`, … */
  readonly ecsStatus?: string;
  readonly runningTasks?: number;
  /** What ECS has left to give there. */
  readonly free?: JobShape;
  /** What ECS could give there at most. */
  readonly total?: JobShape;
}

/** DescribeScalingActivities. */
export interface ScalingActivity {
  readonly at: number;
  /** `Successful`, `Failed`, `Cancelled`, `InProgress`, … */
  readonly status: string;
  /** `StatusMessage`: the text of EC2 when a launch failed. */
  readonly message?: string;
}

/** A quota of the account. */
export interface QuotaFacts {
  /** `Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances` */
  readonly name: string;
  readonly limit: number;
  readonly used?: number;
  /** Not all was counted: more may be used. */
  readonly atLeast?: boolean;
}

/** An IAM role. */
export interface RoleFacts {
  readonly exists: boolean;
  /** Services that may take it on: `ecs-tasks.amazonaws.com`. */
  readonly trusts?: readonly string[];
}
