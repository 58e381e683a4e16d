/** What a compute layer that takes chunks promises of them. */
import assert from 'node:assert/strict';
import type { ComputeLayer, JobId } from 'leat/compute';
import { ends, failed, follow, isOver, type LayerCase, submit } from './conformance-jobs.ts';
import { asChunk } from './conformance-tasks.ts';

/** What each member printed to stdout. */
async function printedBy(layer: ComputeLayer, job: JobId): Promise<ReadonlyMap<number | undefined, string>> {
  const parts = new Map<number | undefined, Uint8Array[]>();
  for await (const { stream, bytes, member } of layer.logs(job)) {
    if (stream === 'stdout') parts.set(member, [...(parts.get(member) ?? []), bytes]);
  }
  return new Map([...parts].map(([member, own]) => [member, Buffer.concat(own).toString('utf8')]));
}

/** See the file's header. */
export const chunkCases: readonly LayerCase[] = [
  {
    name: 'a chunk is one job, and its log tells whose output is whose',
    needs: ['speak'],
    chunks: true,
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [asChunk(request('speak'), 40)]);
      const expected = Array.from(
        { length: 40 },
        (_, at) => [at, `I am ${at}${at % 2 === 0 ? '' : '\n'}`] as const,
      );
      assert.deepEqual(await printedBy(layer, job), new Map(expected));
      assert.equal((await ends(layer, [job]))[0]?.state, 'succeeded');
    },
  },
  {
    name: 'a chunk of silent members prints nothing',
    needs: ['succeed'],
    chunks: true,
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [asChunk(request('succeed'), 100)]);
      assert.deepEqual(await printedBy(layer, job), new Map());
      assert.equal((await ends(layer, [job]))[0]?.state, 'succeeded');
    },
  },
  {
    name: 'a layer that tells which member of a chunk runs tells the right one',
    needs: ['tarry'],
    chunks: true,
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [asChunk(request('tarry'), 5)]);
      const third = await follow(
        layer,
        [job],
        (status) => status?.state === 'running' && (status.member === undefined || status.member >= 2),
      );
      const members = (third.get(job) ?? []).flatMap((status) =>
        status.state === 'running' ? (status.member ?? []) : [],
      );
      assert.deepEqual(
        members,
        members.toSorted((a, b) => a - b),
        'no step back',
      );
      assert.ok(
        members.every((member) => member <= 2),
        'no member before its turn',
      );
      await layer.cancel([job], { graceSeconds: 0 });
      const [end] = await ends(layer, [job]);
      assert.ok(end !== undefined && isOver(end));
      failed(end, 'cancelled');
    },
  },
  {
    name: 'the time limit of a chunk is for each of its members',
    needs: ['tarry'],
    chunks: true,
    async run({ layer, request }) {
      const chunk = asChunk(request('tarry', { timeoutSeconds: 3.5 }), 5);
      const [job = ''] = await submit(layer, [chunk]);
      const [end] = await ends(layer, [job]);
      assert.ok(end !== undefined);
      const { startedAt = 0, endedAt } = failed(end, 'timeout');
      assert.ok(endedAt - startedAt >= 5000, 'the first two members had their time');
      const printed = await printedBy(layer, job);
      if (printed.size > 0) assert.deepEqual([...printed.keys()], [0, 1, 2]);
    },
  },
  {
    name: 'a chunk whose process dies has died of that, whichever member it was at',
    needs: ['dieThird'],
    chunks: true,
    async run({ layer, request }) {
      const [job = ''] = await submit(layer, [asChunk(request('dieThird'), 5)]);
      const [end] = await ends(layer, [job]);
      assert.ok(end !== undefined);
      const { signal, exitCode, member } = failed(end, 'exit');
      assert.ok(signal === 'SIGKILL' || exitCode === 137, 'SIGKILL or 137');
      assert.ok(member === undefined || member === 2, 'where it is told, the last one that it began');
    },
  },
];
