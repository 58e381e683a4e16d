import { expect, it } from 'vitest';
import type { GraphStep } from '../graph/graph.ts';
import { knownArtifacts } from './known-artifacts.ts';

const step = (name: string, assigns: string[], loop?: number): GraphStep => ({
  name,
  takes: 'nothing',
  next: { kind: 'end' },
  splits: [],
  assigns: assigns.map((artifact) => ({ name: artifact, always: true })),
  reads: [],
  ...(loop === undefined ? {} : { loop }),
});

it('expects what a step before assigns, and not what only the own loop or the step itself will', () => {
  const [start, work, decide, end] = [
    step('start', ['rounds']),
    step('work', ['round'], 0),
    step('decide', ['kind'], 0),
    step('end', ['sum']),
  ];
  const graph = { version: 1 as const, flow: 'LoopFlow', steps: [start, work, decide, end] as GraphStep[] };
  const always = (reader: GraphStep | undefined): string[] =>
    knownArtifacts(graph, reader as GraphStep).flatMap((artifact) =>
      artifact.always ? [artifact.name] : [],
    );
  expect(always(work)).toEqual(['rounds', 'sum']);
  expect(always(end)).toEqual(['rounds', 'round', 'kind']);
  expect(always({ ...end, guards: ['round'] })).toEqual(['rounds', 'kind']);
});
