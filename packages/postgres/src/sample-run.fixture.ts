import type { MetadataStore, NewRun, RunEvent } from 'leat/metadata';

export const sampleRun: NewRun = {
  flow: 'F',
  namespace: 'user:ada',
  user: 'ada',
  tags: ['best'],
  plan: {},
  parameters: {},
  parametersKey: 'p',
  package: 'abc',
  datastore: 'file:///s',
  createdAt: 1,
};

export const submitted = (index: number): RunEvent => ({
  type: 'attempt-submitted',
  at: index,
  task: `train[${index}]`,
  attempt: 0,
  layer: 'local',
  token: `t${index}`,
});

/** The tasks that a log speaks of, in its order. */
export async function loggedTasks(store: MetadataStore, run = '1'): Promise<string[]> {
  const tasks: string[] = [];
  for await (const { event } of store.events('F', run)) if ('task' in event) tasks.push(event.task);
  return tasks;
}

/** `train[0]`, `train[1]`, … */
export const tasksUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `train[${index}]`);
