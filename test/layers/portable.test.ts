/** A flow with a native module, data files and a worker, in containers that have nothing of its project. */
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { portableSeen, writePortableProject } from '../package/portable-project.ts';
import type { BatchPlace } from './batch-place.ts';
import { leatOnBatch } from './leat-on-batch.ts';

let place: BatchPlace;
let leat: Leat;
leatOnBatch('leat', (ownLeat, itsPlace) => {
  leat = ownLeat;
  place = itsPlace;
  writePortableProject(leat.folder);
});
afterEach(async () => leat.noneLeft());

/** Where it runs, and what differs there in its environment. */
const layers: readonly (readonly [string, string, () => NodeJS.ProcessEnv])[] = [
  [
    'a container without a network',
    'container:network=none',
    () => ({ DOCKER_HOST: place.engine.host, LEAT_DATASTORE: undefined }),
  ],
  ['Batch', 'batch:memory=400', () => ({})],
];

describe.each(layers)('in %s', { timeout: 300_000 }, (_, layer, environment) => {
  it('has all that it needs, with its package alone', async () => {
    const image = layer.startsWith('container') ? `,image=${place.image}` : '';
    Object.assign(leat.env, environment());
    await leat.ok(['run', 'flow.ts', '--with', layer + image]);
    const seen = (await leat.json('get', 'PortableFlow/latest/start.seen')) as Readonly<
      Record<string, unknown>
    >;
    expect(seen).toMatchObject(portableSeen);
    const libraries = seen['libraries'] as readonly string[];
    expect(libraries.length).toBeGreaterThan(1);
    expect(seen['here']).not.toContain(leat.folder);
    for (const library of libraries)
      expect(library.startsWith(path.dirname(String(seen['here'])))).toBe(true);
  });
});
