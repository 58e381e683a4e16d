import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { conformanceContext, conformanceRequest, isMeantFor, layerConformance } from '@leat/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { guardLayer } from '../guard.ts';
import { LocalLayer } from './local-layer.ts';
import { buildRunner } from './runner.fixture.ts';

let folder = '';
let runner = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-local-'));
  runner = await buildRunner(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the local layer keeps every promise of a layer', () => {
  const cases = layerConformance.filter((one) => isMeantFor(one, { chunks: true, local: true }));
  for (const { name, run } of cases) {
    it(name, { timeout: 60_000 }, async () => {
      const layer = guardLayer(await LocalLayer.open(conformanceContext(folder, runner)));
      try {
        await run({ layer, request: conformanceRequest, isAlive });
      } finally {
        await layer.close();
      }
    });
  }
});
