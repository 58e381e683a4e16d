import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** Both streams of every task are stored, line by line, in order, with every character; live they carry the task's name. */
export const logs: Behaviour = {
  name: 'logs',
  body: () => `
    console.log('out of ' + current.task + ': äöü 漢字 🚀');
    console.error('err of ' + current.task);
    console.log('two\\nlines');
    process.stdout.write('no newline at the end');`,
  async check({ leat, file }) {
    const run = await leat.ok(['run', file]);
    for (const { task } of await leat.tasks('GeneratedFlow/1')) {
      const lines = await leat.json<{ stream: string; text: string }[]>('logs', `GeneratedFlow/1/${task}`);
      const stream = (name: string): string[] =>
        lines.filter((line) => line.stream === name).map((line) => line.text);
      expect(stream('stdout'), task).toEqual([
        `out of GeneratedFlow/1/${task}: äöü 漢字 🚀`,
        'two',
        'lines',
        'no newline at the end',
      ]);
      expect(stream('stderr'), task).toEqual([`err of GeneratedFlow/1/${task}`]);
      expect(run.stdout).toContain(`${task}] out of GeneratedFlow/1/${task}: äöü`);
    }
  },
};
