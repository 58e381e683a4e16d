import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** `@timeout` ends a step, also one that is stuck in a synchronous loop; retry tries it again; catchError stands in at last. */
export const timeout: Behaviour = {
  name: 'timeout',
  fields: 'declare failed: Failure | undefined; declare reached: boolean;',
  decorators: (step) =>
    step.name === 'end'
      ? ["@catchError({ var: 'failed' })", '@retry({ times: 1 })', '@timeout({ seconds: 1 })']
      : [],
  body: (step) =>
    step.name === 'end'
      ? 'if (current.attempt === 0) for (;;); await new Promise((resolve) => setTimeout(resolve, 60_000)); this.reached = true;'
      : '',
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    const end = (await leat.artifacts('GeneratedFlow/1')).get('end');
    expect(end?.['failed']).toMatchObject({ reason: 'timeout', attempts: 2 });
    expect(end).not.toHaveProperty('reached');
  },
};
