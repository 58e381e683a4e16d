/** Images without a shell: distroless ones with glibc work, the rest say why they do not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Behaviour,
  conformanceContext,
  conformanceRequest,
  imageFolder,
  layerConformance,
} from '@leat/testing';
import { type AttemptRequest, type ComputeLayer, guardLayer, loadLayer } from 'leat/compute';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type DockerEngine, importImage, openDocker } from './docker-engine.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

const runner = fileURLToPath(new URL('../../packages/leat/dist/task/runner.cjs', import.meta.url));

/** What depends on the first process: ends, signals, memory, output, and what comes in and goes out. */
const chosen: ReadonlySet<string> = new Set([
  'many tasks handed over at once all run',
  'a step that throws is a failure with exit code 1',
  'another exit code is told',
  'a signal is told',
  'a task that needs more memory than it has fails for that reason',
  'a task that runs longer than it may and does not listen is ended all the same',
  'cancel lets a task tidy up',
  'cancel ends a task that does not listen, after the grace',
  'the log has every line of both streams, in order, in any language',
  'a task sees its variables, and no other task does',
  'a chunk is one job, and its log tells whose output is whose',
]);

let podman: TestEngine;
let docker: DockerEngine;
let folder: string;
beforeAll(async () => {
  [podman, docker] = await Promise.all([openEngine(), openDocker()]);
  folder = mkdtempSync(path.join(tmpdir(), 'leat-shell-test-'));
}, 300_000);
afterAll(async () => {
  await Promise.all([podman.close(), docker.close()]);
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

type Work = (
  layer: ComputeLayer,
  request: (behaviour: Behaviour, over?: Partial<AttemptRequest>) => AttemptRequest,
) => Promise<void>;

async function withImage(image: string, work: Work): Promise<void> {
  const factory = await loadLayer('container');
  const options = factory.parseOptions({ network: 'none', image });
  const layer = guardLayer(await factory.open(conformanceContext(folder, runner)));
  try {
    await work(layer, (behaviour, over = {}) => conformanceRequest(behaviour, { options, ...over }));
  } finally {
    await layer.close();
  }
}

const withPodman = async (): Promise<string> => {
  for (const [name, value] of Object.entries(podman.environment)) vi.stubEnv(name, value);
  return podman.image('distroless');
};

describe('an image with glibc and no program at all', () => {
  it('is held to promises that there are', () => {
    expect(layerConformance.filter(({ name }) => chosen.has(name)).length).toBe(chosen.size);
  });

  for (const { name, run: check } of layerConformance.filter((one) => chosen.has(one.name))) {
    it(`by podman: ${name}`, async () => {
      await withImage(await withPodman(), async (layer, request) => check({ layer, request }));
      expect(await podman.list('leat.engine')).toEqual([]);
    });
  }

  it('by docker: a task that runs longer than it may and does not listen is ended all the same', async () => {
    vi.stubEnv('DOCKER_HOST', docker.host);
    const image = await importImage(docker, imageFolder('distroless'), 'distroless:1');
    const one = layerConformance.find(({ name }) => name.includes('does not listen is ended all the same'));
    await withImage(image, async (layer, request) => one?.run({ layer, request }));
  });
});

/** How the only task in an image ends. */
async function endIn(image: string): Promise<unknown> {
  const ends: unknown[] = [];
  await withImage(image, async (layer, request) => {
    const one = request('succeed');
    await layer.submit([one]);
    const signal = AbortSignal.timeout(120_000);
    await expect
      .poll(
        async () => {
          const status = (await layer.poll([one.token], { waitMs: 1000, signal })).get(one.token);
          ends[0] = status;
          return status?.state;
        },
        { timeout: 120_000 },
      )
      .toBe('failed');
  });
  return ends[0];
}

describe('an image with neither a shell nor a C library', () => {
  const refused = (image: string) => ({
    state: 'failed',
    reason: 'start-failed',
    permanent: true,
    message: expect.stringContaining(`the image '${image}' has neither a /bin/sh nor the C library`),
  });

  it('by podman: says so, and is not tried again', async () => {
    await withPodman();
    const image = await podman.image('empty');
    expect(await endIn(image)).toMatchObject(refused(image));
    expect(await podman.list('leat.engine')).toEqual([]);
  });

  it('by docker: the same', async () => {
    vi.stubEnv('DOCKER_HOST', docker.host);
    const image = await importImage(docker, imageFolder('empty'), 'empty:1');
    expect(await endIn(image)).toMatchObject(refused(image));
  });
});
