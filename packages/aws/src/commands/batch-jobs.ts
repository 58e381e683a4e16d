/** Jobs of AWS Batch that belong to runs: found by the tags that the layer gives them. */
import { currentUser, LeatError, readProfile } from 'leat/cli';
import { type ListedJob, openStates, type SetupApi } from '../setup/api.ts';

/** Which jobs are meant. */
export interface JobChoice {
  /** Of this profile's queue, unless `queue` says another. */
  readonly profile?: string;
  readonly queue?: readonly string[];
  /** `TrainFlow/417`, or `TrainFlow`. */
  readonly run?: string;
  /** Not only mine. */
  readonly everybody?: boolean;
}

/** Jobs of one state and queue that are looked at, at most. */
const mostLooked = 2000;

/** Jobs that were found, and whether there may be more. */
export interface OpenJobs {
  readonly jobs: readonly ListedJob[];
  /** Not all were looked at: what to tell people. */
  readonly cut: string | undefined;
}

/** Sets the variables of the profile and says which queues are meant. @throws LeatError USAGE when nothing names one */
export function queuesOf({ profile: named, queue = [] }: JobChoice): readonly string[] {
  const profile = readProfile(named);
  for (const [name, value] of Object.entries(profile?.values.environment ?? {})) process.env[name] ||= value;
  if (queue.length > 0) return queue;
  const own = process.env['LEAT_BATCH_QUEUE'] || profile?.values.layers?.['batch']?.['queue'];
  if (typeof own === 'string') return [own];
  throw new LeatError('USAGE', 'it is not known which queue is meant', {
    hint: '--queue NAME, LEAT_BATCH_QUEUE, or a profile: leat configure aws',
  });
}

/** Jobs that have not ended, the oldest first. */
export async function openJobs(
  api: SetupApi,
  queues: readonly string[],
  choice: JobChoice,
): Promise<OpenJobs> {
  const found: ListedJob[] = [];
  const crowded = new Set<string>();
  for (const queue of queues) {
    for (const state of openStates) {
      const some = await api.jobs(queue, state, mostLooked);
      if (some.length >= mostLooked) crowded.add(queue);
      found.push(...some);
    }
  }
  return {
    jobs: found
      .filter((job) => isMeant(job, choice))
      .toSorted((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0)),
    cut: crowded.size === 0 ? undefined : cutText([...crowded]),
  };
}

const cutText = (queues: readonly string[]): string =>
  `there are too many jobs in ${queues.join(', ')} to look at all: only ${mostLooked} of a state were, and there may be more that are meant\n`;

/** Only jobs of Leat: no other has these tags. */
function isMeant({ tags }: ListedJob, { run, everybody = false }: JobChoice): boolean {
  const of = tags['leat.run'];
  if (of === undefined) return false;
  if (run !== undefined && of !== run && tags['leat.flow'] !== run) return false;
  // A run that is named is meant, whoever started it.
  return everybody || run !== undefined || tags['leat.user'] === currentUser();
}

/** As an option that several commands have. */
export const jobChoiceOptions = [
  {
    flags: '--queue <name>',
    description: 'this queue (default: that of the profile); may be repeated',
    repeated: true,
  },
  { flags: '--run <run>', description: 'only jobs of this run or flow, as in TrainFlow/417' },
  { flags: '--everybody', description: 'also jobs of others' },
  { flags: '--profile <name>', description: "the profile (default: 'default'; env LEAT_PROFILE)" },
] as const;
