// A join of very many inputs: how long it takes to read a field of each, and how much memory its process holds.
import { megabytes, microseconds, seconds } from './harness/figures.ts';
import type { Answer, Finding, Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { wideRuns, type WideRun } from './harness/wide-run.ts';

function answer({ joinSizes, inFlight, folder, say }: Settings): Answer {
  const runs = joinSizes.flatMap((items) => {
    say(`join: ${items} inputs`);
    return wideRuns({ items, isolation: 'reuse', inFlight, folder }, 1).slice(0, 1);
  });
  const points = (value: (run: WideRun) => number): readonly (readonly [number, number])[] =>
    runs.map((run) => [run.items, value(run)]);
  return {
    findings: runs.flatMap(rowsOf),
    charts: [
      {
        kind: 'lines',
        name: 'join-time',
        title: 'A join reads a field of each input',
        x: 'inputs',
        y: 'seconds in the step',
        series: [
          { name: 'time', points: points(({ joinSeconds }) => joinSeconds) },
          { name: 'CPU', points: points(({ joinCpu }) => joinCpu) },
        ],
      },
      {
        kind: 'lines',
        name: 'join-memory',
        title: 'The memory of the process that joins',
        x: 'inputs',
        y: 'peak memory, MiB',
        series: [{ name: 'join', points: points(({ joinMemory }) => joinMemory / 2 ** 20) }],
      },
    ],
    samples: runs,
  };
}

function rowsOf({ items, joinSeconds, joinCpu, joinMemory }: WideRun): readonly Finding[] {
  const inputs = items.toLocaleString('en');
  const shown = { against: '', ratio: '', budget: '', verdict: 'shown' } as const;
  return [
    {
      what: `join of ${inputs} inputs: time to read a field of each`,
      leat: `${seconds(joinSeconds)}; ${microseconds(joinCpu / items)} of CPU an input`,
      ...shown,
    },
    { what: `join of ${inputs} inputs: its process' peak memory`, leat: megabytes(joinMemory), ...shown },
  ];
}

export const join: Question = {
  name: 'join',
  asks: 'a join of 100,000 and of 1,000,000 inputs: its time, the memory of its process',
  answer,
};
