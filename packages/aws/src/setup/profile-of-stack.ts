/** From what a stack of the template says to a profile. Pure. */
import { LeatError, type ProfileValues } from 'leat/cli';

/** The kinds of queues that the template makes, and the outputs that name them. */
export const queueOutputs = {
  ec2: 'Ec2QueueName',
  spot: 'SpotQueueName',
  fargate: 'FargateQueueName',
  'fargate-spot': 'FargateSpotQueueName',
  gpu: 'GpuQueueName',
} as const;

/** A kind of queue. */
export type QueueKind = keyof typeof queueOutputs;

/** Outputs by name. */
export type Outputs = Readonly<Record<string, string>>;

/** The outputs of a stack that `leat aws template` has made. @throws LeatError OPTION_INVALID for another one */
export function requireOutputs(outputs: Outputs, stack: string): Outputs {
  const missing = ['Datastore', 'JobRoleArn', 'ExecutionRoleArn'].filter((name) => !outputs[name]);
  if (missing.length === 0) return outputs;
  throw new LeatError('OPTION_INVALID', `the stack '${stack}' has no output ${missing.join(', ')}`, {
    hint: 'It must be made of the template that `leat aws template` prints, and be complete.',
  });
}

/** The kinds of queues that a stack has. */
export const queueKinds = (outputs: Outputs): readonly QueueKind[] =>
  (Object.keys(queueOutputs) as QueueKind[]).filter((kind) => outputs[queueOutputs[kind]]);

/**
 * The profile for a stack.
 *
 * @param kind the queue that jobs go to unless told
 * @throws LeatError OPTION_INVALID when the stack has no such queue
 */
export function profileOfStack(outputs: Outputs, kind: QueueKind): ProfileValues {
  const queue = outputs[queueOutputs[kind]];
  if (queue === undefined)
    throw new LeatError('OPTION_INVALID', `the stack has no queue of the kind '${kind}'`, {
      hint: `It has ${queueKinds(outputs).join(', ')}.`,
    });
  const { Datastore = '', JobRoleArn = '', ExecutionRoleArn = '', Region, DatabaseHost } = outputs;
  return {
    datastore: Datastore,
    // Without the password: ~/.pgpass or PGPASSWORD gives it.
    ...(DatabaseHost === undefined
      ? {}
      : { metadata: `postgres://leat@${DatabaseHost}/leat?sslmode=require` }),
    layers: { batch: { queue, jobRole: JobRoleArn, executionRole: ExecutionRoleArn } },
    ...(Region === undefined ? {} : { environment: { AWS_REGION: Region } }),
  };
}
