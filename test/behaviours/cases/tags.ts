import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** Tags given at the start are seen inside and outside, can be changed, and find runs; namespaces separate users. */
export const tags: Behaviour = {
  name: 'tags and namespaces',
  fields: 'declare seen: readonly string[];',
  body: () => 'this.seen = [...current.tags];',
  async check({ leat, file }) {
    await leat.ok(['run', file, '--tag', 'löpp', '--tag', 'two words']);
    for (const [task, values] of await leat.artifacts('GeneratedFlow/1')) {
      expect(values['seen'], task).toEqual(['löpp', 'two words']);
    }
    await leat.ok(['tag', 'GeneratedFlow/1', '--add', 'later', '--remove', 'two words']);
    const shown = await leat.json<{ run: { tags: string[]; namespace: string } }>(
      'show',
      'GeneratedFlow/latest',
    );
    expect(shown.run.tags.toSorted()).toEqual(['later', 'löpp']);
    expect(shown.run.namespace).toBe('user:tester');
    expect(await leat.json<unknown[]>('list', 'runs', '--tag', 'later')).toHaveLength(1);
    expect(await leat.json<unknown[]>('list', 'runs', '--tag', 'nobody')).toHaveLength(0);
    expect(await leat.json<unknown[]>('list', 'runs', '--namespace', 'user:other')).toHaveLength(0);
    expect((await leat.call(['show', 'GeneratedFlow/latest', '--namespace', 'user:other'])).exitCode).toBe(2);
  },
};
