/** `leat batch list`. */
import type { CommandCall, VendorCommand } from 'leat/cli';
import { type ListedJob, openSetupApi } from '../setup/api.ts';
import { jobChoiceOptions, type JobChoice, openJobs, queuesOf } from './batch-jobs.ts';

/** Lists jobs that have not ended. */
export const listCommand: VendorCommand = {
  words: ['batch', 'list'],
  summary: 'list my jobs that have not ended',
  description:
    'Lists the jobs of my runs that AWS Batch still holds, by their tags: also those whose engine is gone.',
  options: [...jobChoiceOptions, { flags: '--json', description: 'print JSON for programs' }],
  examples: [
    'leat batch list',
    'leat batch list --run TrainFlow/417 --json',
    'leat batch list --queue leat-gpu --everybody',
  ],
  run: list,
};

async function list({ terminal: { out, err }, options }: CommandCall): Promise<number> {
  const choice = options as JobChoice & { readonly json?: boolean };
  const queues = queuesOf(choice);
  const api = openSetupApi();
  try {
    const { jobs, cut } = await openJobs(api, queues, choice);
    if (cut !== undefined) err.write(cut);
    if (choice.json === true) out.write(`${JSON.stringify(jobs)}\n`);
    else if (jobs.length === 0) err.write(`no jobs in ${queues.join(', ')}\n`);
    else out.write(`${jobTable(jobs, Date.now()).join('\n')}\n`);
    return 0;
  } finally {
    api.close();
  }
}

const columns = ['run', 'step', 'state', 'for', 'tasks', 'queue', 'job'] as const;

/** Jobs as a table. */
export function jobTable(jobs: readonly ListedJob[], now: number): readonly string[] {
  const rows = jobs.map(({ tags, state, createdAt, startedAt, size = 1, queue, id, statusReason }) => ({
    run: tags['leat.run'] ?? '',
    step: tags['leat.step'] ?? '',
    state:
      statusReason === undefined || statusReason === ''
        ? state
        : `${state} (${statusReason.split(' - ')[0]})`,
    for: ageOf(startedAt ?? createdAt, now),
    tasks: String(size),
    queue,
    job: id,
  }));
  const head = Object.fromEntries(columns.map((column) => [column, column])) as (typeof rows)[number];
  const widths = columns.map((column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  return [head, ...rows].map((row) =>
    columns
      .map((column, i) => row[column].padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function ageOf(since: number | undefined, now: number): string {
  if (since === undefined) return '';
  const minutes = Math.max(0, Math.floor((now - since) / 60_000));
  return minutes < 120 ? `${minutes}m` : `${Math.floor(minutes / 60)}h`;
}
