import { inspect } from 'node:util';

import type { Client, TaskReader } from '../../client/index.ts';
import { formatBytes } from '../output/format.ts';
import { jsonText, toJson } from '../output/json.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface DumpCommand {
  readonly terminal: Terminal;
  readonly what: string;
  readonly options: ReadFlags & { readonly maxSize: number };
}

/** The tasks of a run, or one task. */
async function* tasksOf(client: Client, what: string): AsyncGenerator<TaskReader> {
  if (what.split('/').length > 2) yield await client.task(what);
  else yield* (await client.run(what.includes('/') ? what : `${what}/latest`)).tasks();
}

interface Dumped {
  readonly name: string;
  readonly value?: unknown;
  /** Why there is no value. */
  readonly left?: string;
}

async function valuesOf(task: TaskReader, maxSize: number): Promise<Dumped[]> {
  const found: Dumped[] = [];
  for (const { name, size, type } of await task.artifacts()) {
    if (size > maxSize) found.push({ name, left: `${type}, ${formatBytes(size)}` });
    else found.push({ name, value: await task.get(name) });
  }
  return found;
}

/** What JSON says of a value that was left out, so that it is not taken for one. */
const leftOut = (text: string): unknown => ({ 'left out': text });

async function dumpJson(client: Client, { terminal, what, options }: DumpCommand): Promise<void> {
  // Written task by task: a run may have more than fits in memory.
  terminal.out.write('{"tasks":[');
  let first = true;
  for await (const task of tasksOf(client, what)) {
    const values = await valuesOf(task, options.maxSize);
    const artifacts = Object.fromEntries(
      values.map(({ name, value, left }) => [name, left === undefined ? toJson(value) : leftOut(left)]),
    );
    terminal.out.write(
      `${first ? '' : ','}\n${jsonText({ task: task.address, step: task.step, status: task.status, artifacts }, false).trimEnd()}`,
    );
    await terminal.out.drained();
    first = false;
  }
  terminal.out.write('\n]}\n');
}

async function dumpText(client: Client, { terminal: { out }, what, options }: DumpCommand): Promise<void> {
  for await (const task of tasksOf(client, what)) {
    out.write(`${out.style('bold', task.address)} ${task.status}\n`);
    for (const { name, value, left } of await valuesOf(task, options.maxSize)) {
      const text =
        left === undefined
          ? inspect(value, {
              depth: 4,
              maxArrayLength: 20,
              maxStringLength: 400,
              breakLength: out.columns - 4,
            })
          : out.style('dim', `${left} (leat get)`);
      out.write(`  ${out.style('cyan', name)} = ${text.replaceAll('\n', '\n  ')}\n`);
    }
    await out.drained();
  }
}

/** `leat dump RUN|TASK`. */
export async function dump(command: DumpCommand): Promise<number> {
  await withClient(command.options, (client) =>
    command.options.json === true ? dumpJson(client, command) : dumpText(client, command),
  );
  return 0;
}
