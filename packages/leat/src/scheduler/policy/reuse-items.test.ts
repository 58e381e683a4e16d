import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../metadata/events.ts';
import type { Command } from '../commands.ts';
import { createState } from '../state/create-state.ts';
import type { Origin } from '../state/origin.ts';
import { flowOf } from '../fixtures/flow-of.fixture.ts';
import { transition } from '../transition.ts';

const items = 1_000_000;
const broken = new Set([123_456, items - 1]);

/** All of it has succeeded, but for two items. */
const origin: Origin = {
  run: '0',
  fresh: [],
  result: (task) => {
    const outcome =
      task === 'fan' ? ({ kind: 'foreach', items: { count: items, index: 'i' } } as const) : undefined;
    const name = task === 'fan' || task === 'start' ? task : undefined;
    if (name === undefined) return undefined;
    return {
      manifest: `runs/RandomFlow/0/${name}/task@0.json`,
      outcome: outcome ?? { kind: 'linear' },
      run: '0',
    };
  },
  span: (_group, from, to) => {
    const next = [...broken].find((place) => place >= from) ?? to;
    if (next === from) return { to: from + 1 };
    return { to: Math.min(next, to), decided: { outcome: { kind: 'linear' }, run: '0' } };
  },
  results: () => ({ kind: 'named', before: 'runs/RandomFlow/0/work/', after: '@0.json' }),
};

const answerOf = (command: Command): readonly RunEvent[] => {
  const at = 1;
  if (command.type === 'reuse') {
    const { type: _, ...reused } = command;
    return [{ ...reused, type: 'task-reused', at }];
  }
  if (command.type !== 'reuse-items') return [];
  const { type: _, ...reused } = command;
  return [{ ...reused, type: 'tasks-reused', at }];
};

describe('the items of a foreach of a million', () => {
  test('what is new starts before the first item is taken over; items are taken in turns of bounded size', () => {
    const { plan } = flowOf({
      blocks: [{ kind: 'foreach', name: 'fan', body: [{ kind: 'step', name: 'work' }], join: 'join' }],
    });
    const state = createState({ run: '1', plan, origin });
    const limits = { windows: {}, failFast: false };
    const open: Command[] = [
      ...transition(state, { type: 'engine-started', at: 1, epoch: 1, host: 'h', pid: 1, limits }),
    ];
    const submitted: string[] = [];
    let [events, taken, takenBefore] = [0, 0, -1];
    for (let command = open.shift(); command !== undefined; command = open.shift()) {
      if (command.type === 'submit') {
        submitted.push(command.task);
        takenBefore = taken;
      }
      if (command.type === 'reuse-items') taken += command.to - command.from;
      for (const event of answerOf(command)) {
        events += 1;
        open.push(...transition(state, event));
      }
      const underWay = open.reduce(
        (sum, one) => sum + (one.type === 'reuse-items' ? one.to - one.from : 0),
        0,
      );
      expect(underWay).toBeLessThanOrEqual(8192);
    }
    expect(submitted).toEqual(['work[123456]', `work[${items - 1}]`]);
    expect(takenBefore).toBeLessThanOrEqual(8192);
    expect(taken).toBe(items - broken.size);
    expect(events).toBeLessThan(300);
    expect(state.active.size).toBe(broken.size);
  });
});
