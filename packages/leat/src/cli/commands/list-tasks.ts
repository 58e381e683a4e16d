import type { Client, RunReader, TaskReader, TaskStatus } from '../../client/index.ts';
import { formatCount } from '../output/format.ts';
import { toJson } from '../output/json.ts';
import { failureTitle } from '../output/run-end.ts';
import { statusText } from '../output/status.ts';
import { type Column, renderTable } from '../output/table.ts';
import type { Output, Terminal } from '../output/terminal.ts';
import { duration, known, type ListCommand } from './list-command.ts';

/** Tasks that a person sees unless they ask for more; also those of one table, since its columns are as wide as their widest cell. */
const tasksOfTable = 1_000;

/** A write costs more than a row. In characters. */
const textAtOnce = 65_536;

const taskStatuses: readonly TaskStatus[] = [
  'submitted',
  'queued',
  'starting',
  'running',
  'waiting-retry',
  'succeeded',
  'failed',
  'cancelled',
];

const columns: readonly Column[] = [
  { title: 'task' },
  { title: 'status' },
  { title: 'attempts', right: true },
  { title: 'took', right: true },
  { title: '' },
];

/** `leat list tasks`: written as it is read, so that a million tasks need no more memory than a thousand. */
export async function listTasks(
  client: Client,
  of: string,
  { options, terminal }: ListCommand,
): Promise<void> {
  const status = known(options.status, taskStatuses);
  const run = await client.run(of);
  if (options.step !== undefined) run.step(options.step); // a wrong name is refused with the nearest one
  const { limit, after } = options;
  const query = {
    ...(options.step === undefined ? {} : { step: options.step }),
    ...(status === undefined ? {} : { status }),
    ...(after === undefined ? {} : { after: withoutRun(after, run) }),
  };
  if (options.json === true) {
    await writeJson(run.tasks(limit === undefined ? query : { ...query, limit }), terminal.out);
    return;
  }
  const most = limit ?? tasksOfTable;
  // One more than is shown, to know whether there are more.
  const { shown, more } = await writeTables(run.tasks({ ...query, limit: most + 1 }), most, terminal.out);
  if (shown === undefined) terminal.err.write(`${run.address} has no such task\n`);
  else if (more && limit === undefined) sayThereAreMore(shown, terminal);
}

const withoutRun = (task: string, run: RunReader): string =>
  task.startsWith(`${run.address}/`) ? task.slice(run.address.length + 1) : task;

async function writeJson(tasks: AsyncIterable<TaskReader>, out: Output): Promise<void> {
  let text = '[';
  let separator = '';
  for await (const { record } of tasks) {
    text += separator + JSON.stringify(toJson(record));
    separator = ',';
    if (text.length < textAtOnce) continue;
    out.write(text);
    await out.drained();
    text = '';
  }
  out.write(`${text}]\n`);
}

/** Writes at most `most` tasks; returns the last one, and whether there are more. */
async function writeTables(
  tasks: AsyncIterable<TaskReader>,
  most: number,
  out: Output,
): Promise<{ readonly shown: TaskReader | undefined; readonly more: boolean }> {
  let rows: string[][] = [];
  let count = 0;
  let shown: TaskReader | undefined;
  const flush = (): void => {
    const lines = rows.length === 0 ? [] : renderTable(columns, rows);
    out.write([...lines.slice(count > tasksOfTable ? 1 : 0), ''].join('\n'));
    rows = [];
  };
  for await (const task of tasks) {
    if (count === most) {
      flush();
      return { shown, more: true };
    }
    rows.push(cellsOf(task, out));
    count += 1;
    shown = task;
    if (rows.length === tasksOfTable) {
      flush();
      await out.drained();
    }
  }
  flush();
  return { shown, more: false };
}

function cellsOf({ record }: TaskReader, out: Output): string[] {
  return [
    record.task,
    statusText(record.status, out),
    String(record.attempts),
    duration(record.startedAt, record.endedAt),
    record.originRun === undefined
      ? record.failure === undefined
        ? ''
        : `${record.caught ? 'caught: ' : ''}${failureTitle(record.failure).split('\n')[0]}`
      : `reused from ${record.originRun}`,
  ];
}

function sayThereAreMore({ address }: TaskReader, { err }: Terminal): void {
  const count = formatCount(tasksOfTable);
  err.write(
    `the first ${count} tasks; the next: --after '${address}', more of them: --limit N, all: --json\n`,
  );
}
