/** Goes over all tasks of a run, as the program of a user would: `node iterate-tasks.fixture.ts HOME RUN [keep]`. */
import { connect } from './client.ts';
import type { TaskReader } from './task-reader.ts';

const [home = '', run = '', how] = process.argv.slice(2);
const client = await connect({ home, namespace: '*' });
const kept: TaskReader[] = [];
let tasks = 0;
let milliseconds = 0;
for await (const task of (await client.run(run)).step('train').tasks()) {
  tasks += 1;
  milliseconds += (task.endedAt?.getTime() ?? 0) - (task.startedAt?.getTime() ?? 0);
  if (how === 'keep') kept.push(task);
}
await client.close();
process.stdout.write(JSON.stringify({ tasks, milliseconds }));
