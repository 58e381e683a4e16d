import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';
import { hasRole } from '../shape.ts';

const bytes = 256_000_000;

/** 256 MB go through every shape, are stored once, and come back whole. */
export const largeArtifact: Behaviour = {
  name: 'large artifact, 256 MB',
  fields: 'declare big: Buffer;',
  body(step) {
    if (hasRole(step, 'start')) {
      return `this.big = Buffer.alloc(${bytes}); for (let i = 0; i < ${bytes}; i += 4096) this.big.writeUInt32LE(i, i);`;
    }
    if (hasRole(step, 'join'))
      return `if (inputs.length > 0) this.merge(inputs, { include: ['big'] }); else this.big = Buffer.alloc(${bytes});`;
    if (!hasRole(step, 'end')) return '';
    return `expect(this.big.length === ${bytes}, 'the length'); expect(Buffer.isBuffer(this.big), 'a Buffer');`;
  },
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    const size = await leat.json<{ size: number }>('get', 'GeneratedFlow/1/end.big', '--facts');
    expect(size.size).toBeGreaterThanOrEqual(bytes);
    const blobs = readdirSync(join(leat.folder, '.leat/store/blobs'), {
      recursive: true,
      withFileTypes: true,
    });
    const large = blobs.filter(
      (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size > 50_000,
    );
    expect(large, 'stored once').toHaveLength(1);
  },
};
