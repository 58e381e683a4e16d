/**
 * Why instances were not launched, by the text that auto-scaling keeps of a failed activity (`StatusMessage`) or that Batch keeps of a
 * compute environment (`statusReason`).
 *
 * Sources: Amazon EC2 Auto Scaling User Guide, "Troubleshoot Amazon EC2 Auto Scaling: EC2 instance launch failures"; Amazon EC2 API
 * Reference, "Error codes"; AWS Batch User Guide, "INVALID compute environment" and "Troubleshooting AWS Batch".
 */
import type { DiagnosisKind } from 'leat/compute';

/** What a text stands for. */
export interface LaunchTrouble {
  readonly code: string;
  readonly kind: DiagnosisKind;
  readonly cause: string;
  readonly remedy: string;
}

const capacity = 'Wait, or give the environment more instance types and subnets in more zones.';

const troubles: readonly (readonly [pattern: RegExp, trouble: LaunchTrouble])[] = [
  [
    /VcpuLimitExceeded|more vCPU capacity than your current vCPU limit|InstanceLimitExceeded|requested more instances .* than your current instance limit/i,
    {
      code: 'vcpu-quota',
      kind: 'no-capacity',
      cause: "the account's quota of running on-demand vCPUs for these instance families is used up",
      remedy:
        'Ask for a higher quota (Service Quotas, Amazon EC2, "Running On-Demand … instances"), or use families that have room.',
    },
  ],
  [
    /MaxSpotInstanceCountExceeded|Max spot instance count exceeded/i,
    {
      code: 'spot-quota',
      kind: 'no-capacity',
      cause: "the account's quota of Spot vCPUs is used up",
      remedy:
        'Ask for a higher quota (Service Quotas, Amazon EC2, "All … Spot Instance Requests"), or add an on-demand environment to the queue.',
    },
  ],
  [
    /UnfulfillableCapacity|There is no Spot capacity available|no Spot capacity/i,
    {
      code: 'spot-capacity',
      kind: 'no-capacity',
      cause: 'there is no Spot capacity for these instance types in these zones now',
      remedy:
        'Allow more instance types and zones (SPOT_PRICE_CAPACITY_OPTIMIZED), or put an on-demand environment after the Spot one.',
    },
  ],
  [
    /SpotMaxPriceTooLow|lower than the minimum required Spot request fulfillment price|bid price/i,
    {
      code: 'spot-price',
      kind: 'no-capacity',
      cause: 'the Spot price is above the most that the environment pays (bidPercentage)',
      remedy: "Leave the environment's bidPercentage out: then it pays up to the on-demand price.",
    },
  ],
  [
    /ServiceLinkedRoleCreationNotPermitted|AWSServiceRoleForEC2Spot|service.linked role .*Spot/i,
    {
      code: 'spot-service-linked-role',
      kind: 'misconfigured',
      cause: 'the service-linked role of EC2 Spot is missing, and nobody here may create it',
      remedy:
        'Create it once in the account: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
    },
  ],
  [
    /InsufficientInstanceCapacity|do not have sufficient .* capacity|Insufficient capacity|InsufficientHostCapacity/i,
    {
      code: 'instance-capacity',
      kind: 'no-capacity',
      cause: 'EC2 has no free instances of these types in these zones now',
      remedy: capacity,
    },
  ],
  [
    /requested configuration is currently not supported|instance type .* is not supported in your requested Availability Zone|not supported in your requested Availability Zone|InvalidAvailabilityZone|Unsupported:/i,
    {
      code: 'not-in-zone',
      kind: 'misconfigured',
      cause: "a zone of the environment's subnets does not offer these instance types",
      remedy: 'Add subnets in other zones of the region, or choose instance types that these zones offer.',
    },
  ],
  [
    /InsufficientFreeAddressesInSubnet|not enough free addresses in subnet/i,
    {
      code: 'subnet-full',
      kind: 'no-capacity',
      cause: "the environment's subnets have no free addresses",
      remedy: 'Add a larger subnet to the environment, or free addresses in this one.',
    },
  ],
  [
    /Invalid IamInstanceProfile|InvalidIamInstanceProfile|InstanceProfile.*(?:not found|does not exist|invalid)/i,
    {
      code: 'instance-profile',
      kind: 'misconfigured',
      cause: 'the instance profile of the environment does not exist',
      remedy:
        'Create the instance role with its instance profile (leat aws template has one) and name the profile in the environment.',
    },
  ],
  [
    /security group .* does not exist|InvalidGroup\.NotFound|InvalidSecurityGroupID/i,
    {
      code: 'security-group',
      kind: 'misconfigured',
      cause: 'a security group of the environment does not exist any more',
      remedy: 'Update the environment with a security group of the VPC of its subnets.',
    },
  ],
  [
    /subnet ID .* does not exist|InvalidSubnet/i,
    {
      code: 'subnet-gone',
      kind: 'misconfigured',
      cause: 'a subnet of the environment does not exist any more',
      remedy: 'Update the environment with subnets that exist.',
    },
  ],
  [
    /InvalidAMIID|AMI .* (?:does not exist|is pending|is invalid)|image id .* does not exist/i,
    {
      code: 'ami-gone',
      kind: 'misconfigured',
      cause: 'the machine image (AMI) of the environment does not exist in this region',
      remedy: 'Leave imageId out, so that Batch takes the current ECS image, or name one of this region.',
    },
  ],
  [
    /InvalidKMSKey|Client\.InternalError: Client error on launch|KMS/i,
    {
      code: 'kms-key',
      kind: 'misconfigured',
      cause: 'instances end right after launch: auto-scaling may not use the key that encrypts their disks',
      remedy:
        'Let the service-linked role AWSServiceRoleForAutoScaling use the KMS key (a grant or its key policy).',
    },
  ],
  [
    /InvalidKeyPair|key pair .* does not exist/i,
    {
      code: 'key-pair',
      kind: 'misconfigured',
      cause: 'the key pair of the environment does not exist',
      remedy: 'Leave ec2KeyPair out of the environment, or create the key pair.',
    },
  ],
  [
    /launch ?template/i,
    {
      code: 'launch-template',
      kind: 'misconfigured',
      cause: 'the launch template of the environment is gone or wrong',
      remedy: 'Restore the launch template, or create the environment again: it cannot be swapped in place.',
    },
  ],
  [
    /OptInRequired|not subscribed|Blocked|PendingVerification/i,
    {
      code: 'account-not-ready',
      kind: 'misconfigured',
      cause:
        'the account may not start instances here: it is not verified, not subscribed or blocked for this region',
      remedy: 'Wait for the verification (a few hours for a new account), else ask AWS Support.',
    },
  ],
  [
    /UnauthorizedOperation|not authorized to perform|AccessDenied|Access denied|is not authorized|cannot be assumed|sts:AssumeRole/i,
    {
      code: 'service-role',
      kind: 'misconfigured',
      cause: 'a role of the compute environment may not do, or may not be taken on for, what Batch needs',
      remedy:
        'Use the service-linked role AWSServiceRoleForBatch (leave serviceRole out), and check that the roles named exist and trust their services.',
    },
  ],
];

/** What a failure to launch comes from, if its text is a known one. */
export function launchTrouble(text: string | undefined): LaunchTrouble | undefined {
  if (text === undefined || text === '') return undefined;
  return troubles.find(([pattern]) => pattern.test(text))?.[1];
}
