import { expect, it } from 'vitest';
import { LastLines } from './last-lines.ts';

it('the last ten lines of a task are kept until it has succeeded', () => {
  const lines = new LastLines();
  for (let line = 0; line < 12; line += 1) lines.add({ task: 'work[1]', text: `line ${line}` });
  expect(lines.of('work[1]')).toHaveLength(10);
  expect(lines.of('work[1]').at(-1)).toBe('line 11');
  lines.forget([
    {
      type: 'attempt-succeeded',
      at: 1,
      task: 'work[1]',
      attempt: 0,
      manifest: 'm',
      outcome: { kind: 'linear' },
      startedAt: 0,
    },
  ]);
  expect(lines.of('work[1]')).toEqual([]);
});

it('those of tasks that printed last stay when there are many, as when lines come after the news of success', () => {
  const lines = new LastLines();
  for (let item = 0; item < 5000; item += 1) {
    lines.add({ task: `work[${item}]`, text: 'late' });
    lines.add({ task: 'busy', text: `${item}` });
  }
  expect(lines.of('work[0]')).toEqual([]);
  expect(lines.of('work[4999]')).toEqual(['late']);
  expect(lines.of('busy')).toHaveLength(10);
});
