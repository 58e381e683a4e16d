/** How every database keeps a run: its columns, and the run that they are. */
import type { RunStatus } from './events.ts';
import type { NewRun, RunRecord } from './metadata-store.ts';

/** What a row of a run holds under the same names in every database. */
export interface StoredRun {
  readonly flow: string;
  readonly id: number;
  readonly namespace: string;
  readonly status: RunStatus;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly package: string;
  readonly datastore: string;
  readonly parameters_key: string;
  readonly origin_run: string | null;
  readonly resume_from: string | null;
  readonly command: string | null;
  readonly parameters: string;
  readonly plan: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly last_seq: number;
}

/** What each database keeps in a way of its own. `until`: of the lease, by the clock of this machine. */
export type RunExtras = Pick<RunRecord, 'user' | 'tags'> & { readonly until: number };

/** The number of a run's id; 0, which no run has, for what is no id. */
export const runNumber = (id: string): number => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0);

/** The run that a row is. */
export function runOfRow(row: StoredRun, { user, tags, until }: RunExtras): RunRecord {
  return {
    flow: row.flow,
    id: String(row.id),
    namespace: row.namespace,
    user,
    tags,
    status: row.status,
    createdAt: row.created_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    package: row.package,
    datastore: row.datastore,
    parametersKey: row.parameters_key,
    parameters: JSON.parse(row.parameters) as Record<string, unknown>,
    plan: JSON.parse(row.plan) as unknown,
    ...(row.origin_run === null ? {} : { originRun: row.origin_run }),
    ...(row.resume_from === null ? {} : { resumeFrom: row.resume_from }),
    ...(row.command === null ? {} : { command: row.command }),
    lastSeq: row.last_seq,
    ...(row.owner === null ? {} : { lease: { owner: row.owner, epoch: row.epoch, until } }),
  };
}

/** The columns that {@link newRunValues} is of, in its order; a user's is named by each database. */
export const newRunColumns = (user: string): string =>
  `namespace, ${user}, created_at, package, datastore, parameters_key, origin_run, resume_from, command, parameters, plan`;

/** What a new run is stored with; what it does not have is `undefined`. */
export const newRunValues = (run: NewRun): readonly (string | number | undefined)[] => [
  run.namespace,
  run.user,
  run.createdAt,
  run.package,
  run.datastore,
  run.parametersKey,
  run.originRun,
  run.resumeFrom,
  run.command,
  JSON.stringify(run.parameters),
  JSON.stringify(run.plan ?? null),
];
