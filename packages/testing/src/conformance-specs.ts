/** What a task is told must be what the engine said, however much that is and however many are told. */
import assert from 'node:assert/strict';
import type { AttemptRequest, ComputeLayer } from 'leat/compute';
import { ends, type LayerCase, readLogs, submit } from './conformance-jobs.ts';

/** Tasks of the case of a big fan-out. */
const usualFanOut = 200;

/** More than any platform takes as a variable or an argument. In characters. */
const largeSpec = 600_000;

async function printed(layer: ComputeLayer, request: AttemptRequest): Promise<string> {
  const [job = ''] = await submit(layer, [request]);
  return (await readLogs(layer.logs(job))).stdout;
}

/** See the file's header. */
export const specCases: readonly LayerCase[] = [
  {
    name: 'a task is told its run, its place in nested splits, its round of a loop and its attempt',
    needs: ['address'],
    async run({ layer, request }) {
      const one = request('address');
      const task = 'address[3,12]~2';
      const spec = { ...one.spec, run: '417', task, path: [3, 12], iteration: 2, attempt: 4, triesLeft: 2 };
      const told = await printed(layer, { ...one, spec, name: `ConformanceFlow/417/${task}@4` });
      assert.equal(told, `ConformanceFlow/417/${task}@4\n`);
    },
  },
  {
    name: 'a spec may be larger than any command line or variable',
    needs: ['address'],
    async run({ layer, request }) {
      const one = request('address');
      const known = Array.from({ length: largeSpec / 100 }, (_, at) => ({
        name: `artifact${at}${'x'.repeat(50)}`,
        steps: ['start'],
        always: false,
      }));
      const told = await printed(layer, { ...one, spec: { ...one.spec, known } });
      assert.equal(told, `ConformanceFlow/1/${one.spec.task}@0\n`);
    },
  },
  {
    name: 'of a big fan-out every task runs, once, as itself',
    needs: ['address'],
    async run({ layer, request, fanOut = usualFanOut }) {
      const requests = Array.from({ length: fanOut }, () => request('address'));
      const jobs = await submit(layer, requests);
      assert.equal(new Set(jobs).size, fanOut);
      const told = Promise.all(jobs.map(async (job) => (await readLogs(layer.logs(job))).stdout));
      for (const { state } of await ends(layer, jobs)) assert.equal(state, 'succeeded');
      assert.deepEqual(
        await told,
        requests.map(({ spec }) => `ConformanceFlow/1/${spec.task}@0\n`),
      );
      assert.equal((await layer.find(requests.map(({ token }) => token))).size, fanOut);
    },
  },
];
