import type { TaskMessage } from '../plan/task-message.ts';
import type { TaskSpec } from '../plan/task-spec.ts';

/** What a job of a test is told. */
export function messageOf(spec: Partial<TaskSpec>, part: Partial<TaskMessage> = {}): TaskMessage {
  return {
    spec: {
      version: 1,
      flow: 'TestFlow',
      run: '1',
      step: 'score',
      task: 'score[0]',
      path: [0],
      iteration: 0,
      attempt: 0,
      token: 'a'.repeat(32),
      takes: 'item',
      next: { kind: 'end' },
      reads: [],
      known: [],
      sources: [],
      foreach: [],
      package: 'f'.repeat(64),
      parameters: 'blobs/aa/bb',
      manifest: 'runs/TestFlow/1/score/0@0.json',
      triesLeft: 1,
      tags: [],
      namespace: 'user:ada',
      user: 'ada',
      ...spec,
    },
    environment: {},
    resources: { cpu: 1, memory: 512, gpu: 0, disk: 0 },
    datastore: 'file:///nowhere',
    ...part,
  };
}
