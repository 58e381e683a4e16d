import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LayerFactory, PreparedLayer } from '../compute/compute-layer.ts';
import { FlowFolder } from '../package/flow-folder.fixture.ts';
import type { RunPlan } from '../plan/plan.ts';
import { askContext } from './layer-context.ts';
import { checkLayers, closeLayers, loadLayers, loadLayersAgain, openLayers } from './open-layers.ts';

const layer = `
export const computeLayer = {
  name: 'far',
  contract: 1,
  parseOptions({ queue = 'usual', ...rest }) {
    if (Object.keys(rest).length > 0) throw new Error('strange');
    return { queue };
  },
  async open() {
    return {
      name: 'far', contract: 1,
      capabilities: { arrays: 0, gang: false, gpu: false, isolation: 'process', datastores: ['file'], window: 3 },
      async check(steps) {
        return steps.map(({ step, options }) => ({ step, level: step === 'never' ? 'error' : 'warning', message: step + ' waits in ' + options.queue }));
      },
      async close() {},
    };
  },
};`;

let folder: FlowFolder;
let cwd: string;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('layer.mjs', layer);
  cwd = process.cwd();
  process.chdir(folder.path);
});
afterEach(() => {
  process.chdir(cwd);
  folder.dispose();
});

const planOf = (steps: Readonly<Record<string, string>>): RunPlan => {
  const entries = Object.entries(steps).map(([step, name]) => [
    step,
    { step, layer: name, layerOptions: {}, resources: { gpu: { value: 0, origin: 'default' } } },
  ]);
  return { flow: 'TrainFlow', steps: Object.fromEntries(entries) as never } as unknown as RunPlan;
};
const context = askContext('file:///x', { hash: 'p', root: '/x', flowFile: 'flow.ts' });

describe('layers of a plan', () => {
  it('may be files of the working directory, and are found again from anywhere', async () => {
    const file = join(folder.path, 'layer.mjs');
    const { plan } = await loadLayers(planOf({ start: './layer.mjs', train: 'local' }));
    expect([plan.steps['start']?.layer, plan.steps['train']?.layer]).toEqual([file, 'local']);
    expect(plan.steps['start']?.layerOptions).toEqual({ queue: 'usual' });
    process.chdir(cwd);
    expect([...(await loadLayersAgain(plan)).keys()]).toEqual([file, 'local']);
  });

  it('are asked for the steps that the plan sends there, by the name of the plan', async () => {
    const { plan, factories } = await loadLayers(planOf({ start: './layer.mjs', train: './layer.mjs' }));
    const layers = await openLayers(factories, context);
    expect([...layers.keys()]).toEqual([join(folder.path, 'layer.mjs')]);
    expect((await checkLayers(plan, layers, 'file:///data')).map(({ message }) => message)).toEqual([
      'start waits in usual',
      'train waits in usual',
    ]);
    await closeLayers(layers);
  });

  it('refuse all that can never run, at once', async () => {
    const { plan, factories } = await loadLayers(planOf({ start: './layer.mjs', never: './layer.mjs' }));
    const layers = await openLayers(factories, context);
    await expect(checkLayers(plan, layers, 'file:///data')).rejects.toMatchObject({
      code: 'LAYER_REFUSED',
      message: 'never waits in usual',
      details: { steps: ['never'] },
    });
    await closeLayers(layers);
  });

  it.each([
    ['file:///data', ['file', 's3'], undefined],
    ['s3://bucket/data', ['s3'], undefined],
    ['file:///data', ['s3'], { reached: 'They reach s3:.', fix: '--datastore s3://BUCKET/PREFIX' }],
    ['s3://bucket/data', ['file'], { reached: 'They reach file:.', fix: '--datastore URL' }],
    ['gs://bucket', ['file', 's3'], { reached: 'They reach file: or s3:.', fix: '--datastore URL' }],
  ])('with a datastore at %s, and tasks that reach %j: %o', async (datastore, reachable, refused) => {
    folder.write('layer.mjs', layer.replace("['file']", JSON.stringify(reachable)));
    const { plan, factories } = await loadLayers(planOf({ start: './layer.mjs', train: './layer.mjs' }));
    const layers = await openLayers(factories, context);
    const check = checkLayers(plan, layers, datastore);
    if (refused === undefined) expect(await check).toHaveLength(2);
    else {
      await expect(check).rejects.toMatchObject({
        code: 'LAYER_REFUSED',
        message: expect.stringContaining(
          `step 'train' runs on 'far', whose tasks cannot reach the datastore ${datastore}`,
        ),
        hint: expect.stringContaining(refused.fix),
        details: { steps: ['start', 'train'] },
      });
      await expect(check).rejects.toMatchObject({ hint: expect.stringContaining(refused.reached) });
    }
    await closeLayers(layers);
  });

  it('that were begun and cannot be opened are taken back', async () => {
    const discarded: string[] = [];
    const factory = (name: string, open: LayerFactory['open']): LayerFactory => ({
      name,
      contract: 1,
      parseOptions: (options) => options,
      open,
    });
    const refuse = async (): Promise<never> => Promise.reject(new Error('no machine'));
    const begun = {
      take: async (name: string): Promise<PreparedLayer> => ({
        discard: async () => void discarded.push(name),
      }),
    };
    const { factories } = await loadLayers(planOf({ start: './layer.mjs' }));
    const both = new Map([...factories, ['broken', factory('broken', refuse)]]);
    await expect(openLayers(both, context, begun)).rejects.toThrow('no machine');
    expect(discarded).toEqual(['broken']);
  });
});
