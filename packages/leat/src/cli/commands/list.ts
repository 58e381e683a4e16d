import { LeatError } from '../../errors/index.ts';
import type { Client, FlowReader, RunReader, RunStatus, StepCounts } from '../../client/index.ts';
import { formatCount, formatTime } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import { statusText } from '../output/status.ts';
import { type Column, renderTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { duration, known, type ListCommand } from './list-command.ts';
import { listTasks } from './list-tasks.ts';
import { withClient } from './with-client.ts';

/** A list: what a program gets, and a table for people. */
interface Listing {
  readonly rows: readonly unknown[];
  readonly columns: readonly Column[];
  readonly cells: readonly (readonly string[])[];
  readonly none: string;
}

const defaultRuns = 100;
const runStatuses: readonly RunStatus[] = ['running', 'succeeded', 'failed', 'cancelled'];
function needed(of: string | undefined, what: string, example: string): string {
  if (of !== undefined) return of;
  throw new LeatError('USAGE', `leat list ${what} needs a run`, { hint: `leat list ${what} ${example}` });
}

/** Where was looked: a list that is empty here may be long elsewhere. */
const inNamespace = ({ namespace }: Client): string =>
  namespace === undefined ? 'yet' : `yet in the namespace '${namespace}'; --namespace '*' shows everybody's`;

async function flows(client: Client): Promise<Listing> {
  const found: readonly FlowReader[] = await client.flows();
  return {
    rows: found.map((flow) => ({
      flow: flow.name,
      runs: flow.runCount,
      latest: flow.latest.address,
      status: flow.latest.status,
    })),
    columns: [
      { title: 'flow' },
      { title: 'runs', right: true },
      { title: 'latest' },
      { title: 'status' },
      { title: 'started' },
    ],
    cells: found.map(({ name, runCount, latest }) => [
      name,
      formatCount(runCount),
      latest.address,
      latest.status,
      formatTime(latest.record.createdAt),
    ]),
    none: `no flow has run ${inNamespace(client)}`,
  };
}

async function runs(client: Client, { of, options }: ListCommand, terminal: Terminal): Promise<Listing> {
  const status = known(options.status, runStatuses);
  if (of?.includes('/') === true)
    throw new LeatError('USAGE', `leat list runs takes a flow, and '${of}' is a run`, {
      hint: `leat show ${of}, leat list steps ${of}, leat list tasks ${of}`,
    });
  const everybody = client.namespace === undefined;
  const query = {
    limit: options.limit ?? defaultRuns,
    ...(of === undefined ? {} : { flow: of }),
    ...(status === undefined ? {} : { status }),
    ...(options.tag === undefined ? {} : { tags: options.tag }),
  };
  const found: readonly RunReader[] = await Array.fromAsync(client.runs(query));
  return {
    rows: found.map((run) => ({ ...runFacts(run), tags: run.tags })),
    columns: [
      { title: 'run' },
      { title: 'status' },
      { title: 'started' },
      { title: 'took', right: true },
      ...(everybody ? [{ title: 'namespace' }] : []),
      { title: 'tags' },
    ],
    cells: found.map((run) => [
      run.address,
      statusText(run.status, terminal.out, run.abandoned),
      formatTime(run.record.createdAt),
      duration(run.record.createdAt, run.record.endedAt),
      ...(everybody ? [run.record.namespace] : []),
      run.tags.join(', '),
    ]),
    none: `no such run ${inNamespace(client)}`,
  };
}

/** A run as `--json` shows it. */
export function runFacts(run: RunReader): Record<string, unknown> {
  const {
    flow,
    id,
    namespace,
    user,
    tags,
    parameters,
    createdAt,
    endedAt,
    command,
    package: code,
    datastore,
    resumeFrom,
  } = run.record;
  return {
    run: run.address,
    flow,
    id,
    status: run.status,
    abandoned: run.abandoned,
    namespace,
    user,
    tags,
    parameters,
    createdAt,
    endedAt,
    originRun: run.originRun,
    resumeFrom,
    package: code,
    datastore,
    command,
  };
}

async function steps(client: Client, of: string): Promise<Listing> {
  const run = await client.run(of);
  const counts: readonly StepCounts[] = await Promise.all(run.steps().map((step) => step.counts()));
  return {
    rows: counts,
    columns: [
      { title: 'step' },
      { title: 'tasks', right: true },
      { title: 'status' },
      { title: 'took', right: true },
    ],
    cells: counts.map((step) => [
      step.step,
      formatCount(step.total),
      countsText(step),
      duration(step.firstStartedAt, step.lastEndedAt),
    ]),
    none: `${run.address} has no steps`,
  };
}

/** `998 succeeded, 2 failed; 1 caught, 500 reused`. */
export function countsText({ byStatus, caught, reused }: StepCounts): string {
  const parts = Object.entries(byStatus)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${formatCount(count)} ${status}`);
  const notes = [
    caught > 0 ? `${formatCount(caught)} caught` : '',
    reused > 0 ? `${formatCount(reused)} reused` : '',
  ].filter(Boolean);
  return [parts.join(', '), notes.join(', ')].filter(Boolean).join('; ');
}

function listing(client: Client, command: ListCommand): Promise<Listing> {
  const { what, of, terminal } = command;
  switch (what) {
    case 'flows':
      return flows(client);
    case 'runs':
      return runs(client, command, terminal);
    case 'steps':
      return steps(client, needed(of, what, 'TrainFlow/417'));
    default:
      throw new LeatError('USAGE', `leat list cannot list '${what}'`, {
        hint: 'leat list flows | runs [FLOW] | steps RUN | tasks RUN',
      });
  }
}

/** `leat list flows|runs|steps|tasks`. */
export async function list(command: ListCommand): Promise<number> {
  const { terminal, options, what, of } = command;
  if (what === 'tasks') {
    await withClient(options, (client) => listTasks(client, needed(of, what, 'TrainFlow/417'), command));
    return 0;
  }
  const { rows, columns, cells, none } = await withClient(options, (client) => listing(client, command));
  if (options.json === true) terminal.out.write(jsonText(rows, false));
  else if (cells.length === 0) terminal.err.write(`${none}\n`);
  else terminal.out.write(`${renderTable(columns, cells).join('\n')}\n`);
  return 0;
}
