/** The template, deployed to a stand-in for AWS. */
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';

/** What moto lacks: it splits no lists that are defaults of parameters, and knows no service-linked role of Batch. */
const forMoto = { InstanceTypes: 'optimal', GpuInstanceTypes: 'none' };

/** How a stack may differ from one with all defaults. */
export interface StackWish {
  /** Its name; `leat` unless told. */
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What became of a stack. */
export interface DeployedStack {
  readonly status: string | undefined;
  /** By name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** How many resources it has of each type. */
  readonly resources: Readonly<Record<string, number>>;
}

/**
 * Makes a stack.
 *
 * @param serviceRole ARN of a role for Batch
 */
export async function deployTemplate(
  endpoint: string,
  template: string,
  serviceRole: string,
  { name = 'leat', parameters = {} }: StackWish = {},
): Promise<DeployedStack> {
  const client = new CloudFormationClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const all = { ...forMoto, BatchServiceRoleArn: serviceRole, ...parameters };
  await client.send(
    new CreateStackCommand({
      StackName: name,
      TemplateBody: template,
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(all).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
  const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: name }));
  client.destroy();
  const [stack] = Stacks ?? [];
  const resources: Record<string, number> = {};
  for (const { ResourceType = '' } of StackResources)
    resources[ResourceType] = (resources[ResourceType] ?? 0) + 1;
  return {
    status: stack?.StackStatus,
    outputs: Object.fromEntries(
      (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
    resources,
  };
}
