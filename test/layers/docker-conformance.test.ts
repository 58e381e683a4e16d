/** Docker's engine in place of podman's: what the two might do differently. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Behaviour, conformanceContext, conformanceRequest, layerConformance } from '@leat/testing';
import { type AttemptRequest, guardLayer, loadLayer } from 'leat/compute';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DockerEngine, openDocker } from './docker-engine.ts';

const runner = fileURLToPath(new URL('../../packages/leat/dist/task/runner.cjs', import.meta.url));

/** Ends, memory, signals, output, and what is lost: the engine's part in them. The rest is the same code with any engine. */
const chosen: ReadonlySet<string> = new Set([
  'many tasks handed over at once all run',
  'a signal is told',
  'a task that needs more memory than it has fails for that reason',
  'a task that runs longer than it may and does not listen is ended all the same',
  'cancel lets a task tidy up',
  'the log has every line of both streams, in order, in any language',
  'a job that is taken away is told as lost, or is not told any more, and the others go on',
  'a chunk is one job, and its log tells whose output is whose',
]);

let engine: DockerEngine;
let folder: string;
beforeAll(async () => {
  engine = await openDocker();
  vi.stubEnv('DOCKER_HOST', engine.host);
  folder = mkdtempSync(path.join(tmpdir(), 'leat-docker-test-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

const containers = async (label: string): Promise<readonly string[]> => {
  const lines = await engine.docker('ps', '--all', '--quiet', '--filter', `label=${label}`);
  return lines.split('\n').filter(Boolean);
};

describe('the container layer with docker', () => {
  it('is held to promises that there are', () => {
    expect(layerConformance.filter(({ name }) => chosen.has(name)).length).toBe(chosen.size);
  });

  for (const { name, run: check } of layerConformance.filter((one) => chosen.has(one.name))) {
    it(name, async () => {
      const factory = await loadLayer('container');
      const options = factory.parseOptions({ network: 'none', image: engine.image });
      const layer = guardLayer(await factory.open(conformanceContext(folder, runner)));
      try {
        await check({
          layer,
          request: (behaviour: Behaviour, over: Partial<AttemptRequest> = {}) =>
            conformanceRequest(behaviour, { options, ...over }),
          lose: async (job) => {
            for (const id of await containers(`leat.token=${job}`)) await engine.docker('rm', '--force', id);
          },
        });
      } finally {
        await layer.close();
      }
      expect(await containers('leat.engine')).toEqual([]);
    });
  }
});
