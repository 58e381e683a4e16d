/** The conformance suite of compute layers, on a real container engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Behaviour,
  conformanceContext,
  conformanceRequest,
  isMeantFor,
  layerConformance,
} from '@leat/testing';
import { type AttemptRequest, guardLayer, loadLayer } from 'leat/compute';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openEngine, type TestEngine } from './test-engine.ts';

const runner = fileURLToPath(new URL('../../packages/leat/dist/task/runner.cjs', import.meta.url));

let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine();
  for (const [name, value] of Object.entries(engine.environment)) vi.stubEnv(name, value);
  folder = mkdtempSync(path.join(tmpdir(), 'leat-container-test-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

/** Names of the containers that a job has; by its token. */
const containersOf = async (token: string): Promise<readonly string[]> =>
  (await engine.list(`leat.token=${token}`)).map(({ id }) => id);

describe('the container layer keeps every promise of a layer', () => {
  const cases = layerConformance.filter((one) => isMeantFor(one, { chunks: true, loses: true }));
  for (const { name, run: check } of cases) {
    it(name, async () => {
      const factory = await loadLayer('container');
      const options = factory.parseOptions({ network: 'none' });
      const layer = guardLayer(await factory.open(conformanceContext(folder, runner)));
      try {
        await check({
          layer,
          request: (behaviour: Behaviour, over: Partial<AttemptRequest> = {}) =>
            conformanceRequest(behaviour, { options, ...over }),
          lose: async (job) => {
            for (const id of await containersOf(job)) await engine.remove(id);
          },
        });
      } finally {
        await layer.close();
      }
      expect(await engine.list('leat.engine')).toEqual([]);
    });
  }
});
