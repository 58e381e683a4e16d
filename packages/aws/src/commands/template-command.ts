/** `leat aws template`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandCall, VendorCommand } from 'leat/cli';

/** The template, which is a file of the package. */
export const templateFile: string = fileURLToPath(new URL('../../templates/leat.yaml', import.meta.url));

/** Prints the CloudFormation template. */
export const templateCommand: VendorCommand = {
  words: ['aws', 'template'],
  summary: 'print a CloudFormation template with all that Leat needs',
  description:
    'Prints a CloudFormation template: a bucket, AWS Batch on EC2, Spot and Fargate, a network unless you name one, roles that may do no more than they must, and PostgreSQL if you ask for it. Deploy it with your own tools, then: leat configure aws --from-stack NAME.',
  options: [{ flags: '--json', description: 'print its path, and the command that deploys it, as JSON' }],
  examples: [
    'leat aws template > leat.yaml',
    'aws cloudformation deploy --stack-name leat --template-file leat.yaml --capabilities CAPABILITY_IAM',
  ],
  run: async ({ terminal: { out }, options }: CommandCall) => {
    const deploy = `aws cloudformation deploy --stack-name leat --template-file ${templateFile} --capabilities CAPABILITY_IAM`;
    out.write(
      options['json'] === true
        ? `${JSON.stringify({ file: templateFile, deploy })}\n`
        : readFileSync(templateFile, 'utf8'),
    );
    return 0;
  },
};
