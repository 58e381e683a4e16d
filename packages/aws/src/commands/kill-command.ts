/** `leat batch kill`. */
import { type CommandCall, currentUser, LeatError, type VendorCommand } from 'leat/cli';
import { type ListedJob, openSetupApi, type SetupApi } from '../setup/api.ts';
import { jobChoiceOptions, type JobChoice, openJobs, queuesOf } from './batch-jobs.ts';
import { jobTable } from './list-command.ts';

/** Ends jobs. */
export const killCommand: VendorCommand = {
  words: ['batch', 'kill'],
  summary: 'end jobs of mine',
  description:
    'Ends jobs of AWS Batch: those named, those of a run, or all of mine. At a terminal it shows them and asks first. An engine that still drives their run sees the end as one that somebody else caused.',
  arguments: [{ name: '[jobs...]', description: 'ids of jobs, as `leat batch list` prints them' }],
  options: [
    { flags: '--all', description: 'all of mine' },
    ...jobChoiceOptions,
    { flags: '-y, --yes', description: 'do not ask' },
    { flags: '--json', description: 'print JSON for programs' },
  ],
  examples: ['leat batch kill --run TrainFlow/417', 'leat batch kill --all --yes'],
  run: kill,
};

interface KillFlags extends JobChoice {
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Jobs that are ended at once: Batch takes some fifty calls a second, and a run may be at work beside this. */
const atOnce = 8;

async function kill({ terminal, arguments: [ids = []], options }: CommandCall): Promise<number> {
  const flags = options as KillFlags;
  const named = [ids].flat();
  if (named.length === 0 && flags.run === undefined && flags.all !== true)
    throw new LeatError('USAGE', 'leat batch kill needs ids of jobs, --run or --all', {
      hint: 'leat batch list',
    });
  const queues = named.length > 0 ? [] : queuesOf(flags);
  const api = openSetupApi();
  try {
    const { jobs, cut } =
      named.length > 0
        ? { jobs: await ownJobs(api, named, flags), cut: undefined }
        : await openJobs(api, queues, flags);
    if (cut !== undefined) terminal.err.write(cut);
    if (jobs.length === 0) {
      if (flags.json === true) terminal.out.write('[]\n');
      else terminal.err.write('there is nothing to end\n');
      return 0;
    }
    if (!(await confirmed(jobs, flags, terminal))) return 1;
    return await endAll(api, jobs, { terminal, json: flags.json === true });
  } finally {
    api.close();
  }
}

/** Named jobs, if they are of Leat and mine. @throws LeatError NOT_FOUND, USAGE */
async function ownJobs(
  api: SetupApi,
  ids: readonly string[],
  flags: KillFlags,
): Promise<readonly ListedJob[]> {
  if (flags.profile !== undefined || flags.queue === undefined) applyProfile(flags);
  const jobs = await api.describe(ids);
  const missing = ids.filter((id) => !jobs.some((job) => job.id === id));
  if (missing.length > 0)
    throw new LeatError('NOT_FOUND', `Batch knows no job ${missing.join(', ')}`, { hint: 'leat batch list' });
  const foreign = jobs.filter(({ tags }) => tags['leat.run'] === undefined);
  if (foreign.length > 0)
    throw new LeatError('USAGE', `${foreign.map(({ id }) => id).join(', ')} is no job of Leat`, {
      hint: 'aws batch terminate-job ends jobs of others.',
    });
  const others =
    flags.everybody === true ? [] : jobs.filter(({ tags }) => tags['leat.user'] !== currentUser());
  if (others.length > 0)
    throw new LeatError(
      'USAGE',
      others.map(({ id, tags }) => `${id} is ${tags['leat.user'] ?? 'somebody'}'s`).join(', '),
      {
        hint: 'If you mean it: --everybody',
      },
    );
  return jobs.filter(({ state }) => state !== 'SUCCEEDED' && state !== 'FAILED');
}

/** Only for its variables: jobs that are named need no queue. */
function applyProfile(flags: KillFlags): void {
  try {
    queuesOf(flags);
  } catch (error) {
    if (!(error instanceof LeatError) || error.code !== 'USAGE') throw error;
  }
}

async function confirmed(
  jobs: readonly ListedJob[],
  flags: KillFlags,
  { err, ask }: CommandCall['terminal'],
): Promise<boolean> {
  if (flags.yes === true) return true;
  if (ask === undefined)
    throw new LeatError(
      'USAGE',
      `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'} would be ended, and nobody can be asked`,
      {
        hint: 'Add --yes.',
      },
    );
  err.write(`${jobTable(jobs, Date.now()).join('\n')}\n`);
  return /^y(es)?$/i.test(
    await ask(`End ${jobs.length === 1 ? 'this job' : `these ${jobs.length} jobs`}? [y/N] `),
  );
}

async function endAll(
  api: SetupApi,
  jobs: readonly ListedJob[],
  { terminal: { out, err }, json }: { readonly terminal: CommandCall['terminal']; readonly json: boolean },
): Promise<number> {
  const left = [...jobs];
  const ended: { readonly id: string; readonly error?: string }[] = [];
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      const { id } = job;
      try {
        await api.terminate(id, 'ended by leat batch kill');
        ended.push({ id });
      } catch (error) {
        ended.push({ id, error: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const failed = ended.filter(({ error }) => error !== undefined);
  if (json) out.write(`${JSON.stringify(ended)}\n`);
  else {
    for (const { id, error } of failed) err.write(`${id} was not ended: ${error}\n`);
    out.write(`ended ${ended.length - failed.length} of ${jobs.length}\n`);
  }
  return failed.length === 0 ? 0 : 1;
}
