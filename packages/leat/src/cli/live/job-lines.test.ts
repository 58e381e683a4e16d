import { expect, test } from 'vitest';
import type { RunEvent } from '../../client/index.ts';
import { JobLines } from './job-lines.ts';

const events = (task: string, job: string): readonly RunEvent[] => [
  { type: 'attempt-submitted', at: 1, task, attempt: 0, layer: 'batch', token: `token-${task}` },
  { type: 'attempt-accepted', at: 2, task, attempt: 0, job },
  { type: 'attempt-state', at: 3, task, attempt: 0, state: 'queued', note: 'RUNNABLE' },
  { type: 'attempt-state', at: 4, task, attempt: 0, state: 'starting', note: 'STARTING' },
  { type: 'attempt-state', at: 5, task, attempt: 0, state: 'running' },
];

const linesOf = (all: readonly RunEvent[]): readonly string[] => {
  const lines = new JobLines();
  return all.flatMap((event) => lines.of(event) ?? []);
};

test('a job is followed through its states, with the name that its platform has for it', () => {
  expect(linesOf(events('start', '8b1f'))).toEqual([
    'start SUBMITTED as job 8b1f',
    'start RUNNABLE',
    'start STARTING',
    'start RUNNING',
  ]);
});

test('a layer without names of its own says nothing', () => {
  expect(linesOf(events('start', 'token-start'))).toEqual([]);
});

test('of a wide step the first tasks are told of', () => {
  const all = Array.from({ length: 100 }, (_, at) => events(`train[${at}]`, `8b1f:${at}`)).flat();
  const lines = linesOf(all);
  expect(lines).toHaveLength(20);
  expect(lines).toContain('train[4] SUBMITTED as job 8b1f:4; of further ones only how they end');
});
