/** The template, deployed to a stand-in for AWS. */
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';

/** What moto lacks: it splits no lists that are defaults of parameters, and knows no service-linked role of Batch. */
const forMoto = { InstanceTypes: 'optimal', GpuInstanceTypes: 'none' };

/**
 * Makes a stack called `leat`.
 *
 * @param serviceRole ARN of a role for Batch
 * @returns its status
 */
export async function deployTemplate(
  endpoint: string,
  template: string,
  serviceRole: string,
): Promise<string | undefined> {
  const client = new CloudFormationClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const parameters = { ...forMoto, BatchServiceRoleArn: serviceRole };
  await client.send(
    new CreateStackCommand({
      StackName: 'leat',
      TemplateBody: template,
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'leat' }));
  client.destroy();
  return Stacks?.[0]?.StackStatus;
}
