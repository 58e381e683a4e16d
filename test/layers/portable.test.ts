/** A flow with a native module, data files and a worker, in containers that have nothing of its project. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { portableSeen, writePortableProject } from '../package/portable-project.ts';
import { type BatchPlace, openBatch } from './batch-place.ts';

let place: BatchPlace;
let leat: Leat;

beforeAll(async () => {
  place = await openBatch();
}, 300_000);
afterAll(async () => place.close());

afterEach(async () => {
  await leat.noneLeft();
  leat.dispose();
});

/** Where it runs, and with what environment. */
const layers: readonly (readonly [string, string, () => NodeJS.ProcessEnv])[] = [
  ['a container without a network', 'container:network=none', () => ({ DOCKER_HOST: place.engine.host })],
  ['Batch', 'batch:memory=400', () => ({ LEAT_DATASTORE: `s3://${place.bucket}/leat` })],
];

describe.each(layers)('in %s', { timeout: 300_000 }, (_, layer, environment) => {
  beforeEach(() => {
    leat = new Leat({ ...place.environment, ...environment() });
    writePortableProject(leat.folder);
  });

  it('has all that it needs, with its package alone', async () => {
    const image = layer.startsWith('container') ? `,image=${place.image}` : '';
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
