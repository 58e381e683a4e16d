import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';
import { hasRole } from '../shape.ts';

/** `--run-id-file` is there before the first task starts. */
export const runIdFile: Behaviour = {
  name: 'run-id file',
  prelude: "import { readFileSync } from 'node:fs';",
  fields: 'declare seen: string;',
  body: (step) => (hasRole(step, 'start') ? "this.seen = readFileSync('run-id', 'utf8');" : ''),
  async check({ leat, file }) {
    await leat.ok(['run', file, '--run-id-file', join(leat.folder, 'run-id')]);
    expect((await readFile(join(leat.folder, 'run-id'), 'utf8')).trim()).toBe('GeneratedFlow/1');
    expect(String((await leat.artifacts('GeneratedFlow/1')).get('start')?.['seen']).trim()).toBe(
      'GeneratedFlow/1',
    );
  },
};
