import { leatVersion } from '../harness/leat.ts';
import { wideRun } from '../harness/wide-run.ts';
import type { Peer } from './peer.ts';

const shared = {
  name: 'Leat',
  task: 'a step in TypeScript',
  keeps: 'results, events, logs',
  prepare: leatVersion,
} as const;

/** Leat's default. */
export const leatFresh: Peer = {
  ...shared,
  isolation: 'process',
  run: ({ tasks, ...more }) => wideRun({ items: tasks, isolation: 'process', ...more }),
};

/** `isolation: 'reuse'`. */
export const leatReuse: Peer = {
  ...shared,
  isolation: 'reuse',
  run: ({ tasks, ...more }) => wideRun({ items: tasks, isolation: 'reuse', ...more }),
};
