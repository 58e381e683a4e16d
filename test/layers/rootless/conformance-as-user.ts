/**
 * The conformance suite of compute layers as whoever starts this: prints a line of JSON for each promise.
 *
 *     node conformance-as-user.ts <an empty folder>
 */
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
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const runner = fileURLToPath(new URL('../../../packages/leat/dist/task/runner.cjs', import.meta.url));
const [, , folder = ''] = process.argv;

const podman = async (...args: readonly string[]): Promise<readonly string[]> =>
  (await run('podman', args)).stdout.split('\n').filter(Boolean);

const listed = async (label: string): Promise<readonly string[]> =>
  podman('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`);

async function check(one: (typeof layerConformance)[number], place: string): Promise<void> {
  const factory = await loadLayer('container');
  const options = factory.parseOptions({ network: 'none' });
  const layer = guardLayer(await factory.open(conformanceContext(place, runner)));
  try {
    await one.run({
      layer,
      fanOut: 40,
      request: (behaviour: Behaviour, over: Partial<AttemptRequest> = {}) =>
        conformanceRequest(behaviour, { options, ...over }),
      lose: async (job) => {
        for (const id of await listed(`leat.token=${job}`)) await podman('rm', '--force', '--time', '0', id);
      },
    });
  } finally {
    await layer.close();
  }
  const left = await listed('leat.engine');
  if (left.length > 0) throw new Error(`containers are left: ${left.join(' ')}`);
}

for (const one of layerConformance.filter((each) => isMeantFor(each, { chunks: true, loses: true }))) {
  const error = await check(one, path.join(folder, 'store')).then(
    () => undefined,
    (failure: unknown) => (failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)),
  );
  console.log(JSON.stringify({ name: one.name, ...(error !== undefined && { error }) }));
}
