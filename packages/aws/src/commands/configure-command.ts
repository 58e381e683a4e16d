/** `leat configure aws`: from flags, a stack or answers to a profile. */
import {
  type CommandCall,
  defaultProfile,
  LeatError,
  type ProfileOption,
  type ProfileValues,
  readProfile,
  type VendorCommand,
  writeProfile,
} from 'leat/cli';
import { parseS3Url } from '../s3/s3-location.ts';
import { openSetupApi, type SetupApi } from '../setup/api.ts';
import {
  profileOfStack,
  queueKinds,
  type QueueKind,
  queueOutputs,
  requireOutputs,
} from '../setup/profile-of-stack.ts';

interface ConfigureFlags {
  readonly profile?: string;
  readonly fromStack?: string;
  readonly datastore?: string;
  readonly metadata?: string;
  readonly queue?: string;
  readonly jobRole?: string;
  readonly executionRole?: string;
  readonly image?: string;
  readonly region?: string;
  readonly awsProfile?: string;
  readonly json?: boolean;
}

/** Makes a profile. */
export const configureCommand: VendorCommand = {
  words: ['configure', 'aws'],
  summary: 'make a profile for AWS',
  description:
    'Writes a profile: where artifacts go, which queue of AWS Batch, which roles. What no flag says is asked at a terminal; elsewhere it is left as the profile has it. Credentials are none of its business: they come from AWS’s own files and variables.',
  options: [
    { flags: '--profile <name>', description: "the profile to write (default: 'default'; env LEAT_PROFILE)" },
    { flags: '--from-stack <name>', description: 'take everything from a stack of `leat aws template`' },
    {
      flags: '--queue <queue>',
      description:
        'job queue: its name or ARN; with --from-stack also ec2, spot (default), fargate, fargate-spot, gpu',
    },
    { flags: '--datastore <url>', description: 'where artifacts go, as in s3://bucket/leat' },
    {
      flags: '--metadata <url>',
      description: 'where metadata are, as in postgres://HOST/DB (default: in each project)',
    },
    { flags: '--job-role <arn>', description: 'role that tasks have' },
    { flags: '--execution-role <arn>', description: 'role that starts containers; needed on Fargate' },
    { flags: '--image <image>', description: 'container image of tasks that name none' },
    { flags: '--region <region>', description: 'region of AWS, where AWS_REGION is not set' },
    {
      flags: '--aws-profile <name>',
      description: "profile of AWS's own configuration, where AWS_PROFILE is not set",
    },
    { flags: '--json', description: 'print JSON for programs' },
  ],
  examples: [
    'leat configure aws --from-stack leat',
    'leat configure aws --profile research --datastore s3://acme-ml/leat --queue ml-spot --region eu-north-1',
  ],
  run: configure,
};

async function configure({ terminal, options }: CommandCall): Promise<number> {
  const flags = options as ConfigureFlags;
  const name = flags.profile ?? (process.env['LEAT_PROFILE'] || defaultProfile);
  const before = existing(name);
  const values = await valuesOf(flags, before, terminal);
  requireEnough(values);
  const file = writeProfile(name, values);
  if (flags.json === true) terminal.out.write(`${JSON.stringify({ name, file, values })}\n`);
  else {
    const flag = name === defaultProfile ? '' : ` --profile ${name}`;
    terminal.err.write(`wrote the profile '${name}': ${file}\n`);
    terminal.out.write(`${JSON.stringify(values, undefined, 2)}\n`);
    terminal.err.write(
      `try it out: leat configure validate${flag}\nuse it: leat run flow.ts --with batch${flag}\n`,
    );
  }
  return 0;
}

/** The profile as it is; a new one is empty. */
function existing(name: string): ProfileValues {
  try {
    return readProfile(name)?.values ?? {};
  } catch (error) {
    // There is none of that name yet: it is about to be made. One that cannot be read is not overwritten.
    if (error instanceof LeatError && error.message.startsWith('there is no profile')) return {};
    throw error;
  }
}

async function valuesOf(
  flags: ConfigureFlags,
  before: ProfileValues,
  terminal: CommandCall['terminal'],
): Promise<ProfileValues> {
  if (flags.fromStack !== undefined) return merged(await fromStack(flags.fromStack, flags), before, flags);
  const given = merged({}, before, flags);
  return terminal.ask === undefined ? given : asked(given, flags, terminal.ask);
}

async function fromStack(stack: string, flags: ConfigureFlags): Promise<ProfileValues> {
  const region = flags.region;
  if (region !== undefined) process.env['AWS_REGION'] = region;
  if (flags.awsProfile !== undefined) process.env['AWS_PROFILE'] = flags.awsProfile;
  const api = openSetupApi();
  try {
    return await stackValues(stack, flags, api);
  } finally {
    api.close();
  }
}

async function stackValues(stack: string, { queue }: ConfigureFlags, api: SetupApi): Promise<ProfileValues> {
  const outputs = await api.stackOutputs(stack);
  if (outputs === undefined)
    throw new LeatError('OPTION_INVALID', `there is no stack '${stack}' in ${await api.region()}`, {
      hint: 'leat aws template > leat.yaml, deploy it, and name its stack; --region says where it is.',
    });
  const found = requireOutputs(outputs, stack);
  const kind = queue !== undefined && Object.hasOwn(queueOutputs, queue) ? (queue as QueueKind) : undefined;
  return profileOfStack(
    found,
    kind ?? (queueKinds(found).includes('spot') ? 'spot' : (queueKinds(found)[0] ?? 'ec2')),
  );
}

/** What a flag says wins over a stack, a stack over what the profile had. */
function merged(found: ProfileValues, before: ProfileValues, flags: ConfigureFlags): ProfileValues {
  const isKind = flags.fromStack !== undefined && Object.hasOwn(queueOutputs, flags.queue ?? '');
  const batch: Record<string, ProfileOption> = {
    ...before.layers?.['batch'],
    ...found.layers?.['batch'],
    ...defined({
      queue: isKind ? undefined : flags.queue,
      jobRole: flags.jobRole,
      executionRole: flags.executionRole,
      image: flags.image,
    }),
  };
  const environment = {
    ...before.environment,
    ...found.environment,
    ...defined({ AWS_REGION: flags.region, AWS_PROFILE: flags.awsProfile }),
  };
  return {
    ...before,
    ...defined({
      datastore: flags.datastore ?? found.datastore,
      metadata: flags.metadata ?? found.metadata,
    }),
    layers: { ...before.layers, batch },
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  };
}

const defined = <Value>(
  values: Readonly<Record<string, Value | undefined>>,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );

/** Asks for what no flag has said; Enter keeps what there is. */
async function asked(
  values: ProfileValues,
  flags: ConfigureFlags,
  ask: (question: string) => Promise<string>,
): Promise<ProfileValues> {
  const batch = values.layers?.['batch'] ?? {};
  const text = async (
    question: string,
    flag: string | undefined,
    now: unknown,
  ): Promise<string | undefined> => {
    if (flag !== undefined) return flag;
    const known = typeof now === 'string' ? now : undefined;
    return (await ask(`${question}${known === undefined ? '' : ` [${known}]`}: `)) || known;
  };
  const region = await text(
    'Region of AWS, as in eu-north-1',
    flags.region,
    values.environment?.['AWS_REGION'],
  );
  const datastore = await text(
    'Where artifacts go, as in s3://bucket/leat',
    flags.datastore,
    values.datastore,
  );
  const queue = await text('Job queue of AWS Batch', flags.queue, batch['queue']);
  const jobRole = await text('Role of tasks (ARN)', flags.jobRole, batch['jobRole']);
  const executionRole = await text(
    'Role that starts containers (ARN; Fargate needs one)',
    flags.executionRole,
    batch['executionRole'],
  );
  const image = await text(
    'Image of tasks that name none (Enter: a small one with Node)',
    flags.image,
    batch['image'],
  );
  const environment = { ...values.environment, ...defined({ AWS_REGION: region }) };
  return {
    ...values,
    ...defined({ datastore }),
    layers: { ...values.layers, batch: { ...batch, ...defined({ queue, jobRole, executionRole, image }) } },
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  };
}

function requireEnough(values: ProfileValues): void {
  const missing = [
    ...(values.datastore === undefined ? ['--datastore s3://BUCKET/leat'] : []),
    ...(values.layers?.['batch']?.['queue'] === undefined ? ['--queue NAME'] : []),
  ];
  if (values.datastore?.startsWith('s3:') === true) parseS3Url(values.datastore);
  if (missing.length === 0) return;
  throw new LeatError('USAGE', `leat configure aws needs ${missing.join(' and ')}`, {
    hint: 'Or all at once, from a stack of `leat aws template`: leat configure aws --from-stack leat',
  });
}
