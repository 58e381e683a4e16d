/** What a task prints, and what it sees of its environment by printing it. */
import assert from 'node:assert/strict';
import { type LayerCase, readLogs, submit } from './conformance-jobs.ts';
import { printedLine, printedLines } from './conformance-tasks.ts';

/** See the file's header. */
export const logCases: readonly LayerCase[] = [
  {
    name: 'the log has every line of both streams, in order, in any language',
    needs: ['print'],
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [request('print')]);
      const printed = await readLogs(layer.logs(job));
      for (const stream of ['stdout', 'stderr'] as const) {
        const expected = Array.from({ length: printedLines }, (_, index) => printedLine(stream, index));
        assert.deepEqual(printed[stream].split('\n'), [...expected, '']);
      }
    },
  },
  {
    name: 'the log of a task that prints nothing ends with the task',
    needs: ['succeed'],
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [request('succeed')]);
      assert.deepEqual(await readLogs(layer.logs(job)), { stdout: '', stderr: '' });
    },
  },
  {
    name: 'a task sees its variables, and no other task does',
    needs: ['environment'],
    async run({ layer, request }) {
      const value = 'a b "c" $HOME = é\n2';
      const jobs = await submit(layer, [
        request('environment', { environment: { LEAT_CONFORMANCE: value } }),
        request('environment'),
      ]);
      const [own, other] = await Promise.all(jobs.map(async (job) => readLogs(layer.logs(job))));
      assert.equal(own?.stdout, `${JSON.stringify(value)}\n`);
      assert.equal(other?.stdout, 'undefined\n');
    },
  },
];
