import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, resolveHome } from '../home/home.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import { FlowFolder } from '../package/flow-folder.fixture.ts';
import { startRun, type StartOptions } from './start-run.ts';
import { closeStores, openStores } from './stores.ts';

const flow = `
import { Flow, parameter, step } from 'leat';
const anything = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value: value === 'bad' ? () => 1 : value }) } };
export default class TinyFlow extends Flow {
  word = parameter(anything);
  @step start() { this.next(this.end); }
  @step end() {}
}`;

let folder: FlowFolder;
let home: Home;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
  folder.write('flow.ts', flow);
  home = resolveHome({ home: join(folder.path, '.leat') });
});
afterEach(() => folder.dispose());

const start = async (options: Partial<StartOptions> = {}): Promise<unknown> =>
  startRun({
    file: join(folder.path, 'flow.ts'),
    home,
    parameters: { values: { word: 'good' }, env: {} },
    ...options,
  });

async function runs(): Promise<readonly RunRecord[]> {
  const stores = await openStores(home);
  try {
    return await stores.metadata.runs({});
  } finally {
    await closeStores(stores);
  }
}

describe('a run that cannot be started', () => {
  it('is not there when its parameters cannot be stored', async () => {
    const refused = start({ parameters: { values: { word: 'bad' }, env: {} } });
    await expect(refused).rejects.toMatchObject({ code: 'ARTIFACT_UNSUPPORTED' });
    expect(await runs()).toEqual([]);
  });

  it('has ended when whoever is told of it throws', async () => {
    const full = new Error('the disk is full');
    const refused = start({
      created: () => {
        throw full;
      },
    });
    await expect(refused).rejects.toBe(full);
    const [run] = await runs();
    expect(run).toMatchObject({ id: '1', status: 'cancelled' });
    expect(run?.lease).toBeUndefined();
  });

  it.each(['*', 'global', ''])("belongs to nobody's namespace, as in %j", async (namespace) => {
    await expect(start({ namespace })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: `a run belongs to one namespace, got '${namespace}' (--namespace)`,
    });
    expect(await runs()).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])(
    'is refused with %d tasks at a time: none would ever start',
    async (maxWorkers) => {
      await expect(start({ maxWorkers })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: `maxWorkers must be a whole number of at least 1, got ${maxWorkers}`,
      });
      expect(await runs()).toEqual([]);
    },
  );
});
