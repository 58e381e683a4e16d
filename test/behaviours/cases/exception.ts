import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** A failing step ends the run with exit code 1, and the message names the task, the user's own line and the way on. */
export const exception: Behaviour = {
  name: 'exception',
  body: (step) =>
    step.name === 'end' ? "console.log('last words'); throw new TypeError('broken on purpose');" : '',
  async check({ leat, file }) {
    const { exitCode, stderr } = await leat.call(['run', file]);
    expect(exitCode).toBe(1);
    const text = await import('node:fs/promises').then((fs) => fs.readFile(file, 'utf8'));
    const line = text.split('\n').findIndex((one) => one.includes('broken on purpose')) + 1;
    for (const part of [
      'end',
      'TypeError',
      'broken on purpose',
      `flow.ts:${line}`,
      'last words',
      'leat resume GeneratedFlow/1',
    ]) {
      expect(stderr).toContain(part);
    }
    const failed = (await leat.tasks('GeneratedFlow/1')).find((task) => task.status === 'failed');
    expect(failed).toMatchObject({ task: 'end', failure: { reason: 'error', place: { line } } });
  },
};

/** A process that dies by a signal fails its task with the signal's name, and what it printed is kept. */
export const killedBySignal: Behaviour = {
  name: 'killed by a signal',
  body: (step) =>
    step.name === 'end'
      ? "console.log('before'); process.kill(process.pid, 'SIGSEGV'); await new Promise((r) => setTimeout(r, 60_000));"
      : '',
  async check({ leat, file }) {
    const { exitCode, stderr } = await leat.call(['run', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('SIGSEGV');
    const lines = await leat.json<{ text: string }[]>('logs', 'GeneratedFlow/1/end');
    expect(lines.map((line) => line.text)).toEqual(['before']);
  },
};
