/** What a layer says of jobs that were taken away, and of those of an engine that died. */
import assert from 'node:assert/strict';
import type { JobStatus } from 'leat/compute';
import { ends, failed, follow, isOver, type LayerCase, start, submit } from './conformance-jobs.ts';

/** A job that is gone may be told as lost or interrupted, or not be told any more. */
function assertLost(status: JobStatus | undefined): void {
  if (status === undefined) return;
  const reason = status.state === 'failed' ? status.reason : status.state;
  assert.ok(reason === 'lost' || reason === 'interrupted', `a lost job is told as '${reason}'`);
}

/** See the file's header. */
export const lossCases: readonly LayerCase[] = [
  {
    name: 'a job that is taken away is told as lost, or is not told any more, and the others go on',
    needs: ['hang', 'succeed'],
    loses: true,
    async run(subject) {
      const { layer, lose } = subject;
      assert.ok(lose !== undefined, 'the case is meant for layers that can lose jobs');
      const { job } = await start(subject, 'hang');
      await lose(job);
      const gone = (status: JobStatus | undefined): boolean => status === undefined || isOver(status);
      const history = (await follow(layer, [job], gone)).get(job) ?? [];
      const last = history.at(-1);
      assertLost(last !== undefined && isOver(last) ? last : undefined);
      assert.ok((await layer.diagnose(job)).cause.length > 0);
      const [next] = await ends(layer, await submit(layer, [subject.request('succeed')]));
      assert.equal(next?.state, 'succeeded', JSON.stringify(next));
    },
  },
  {
    name: 'another engine finds the jobs of one that died by their tokens, follows them, and starts none twice',
    needs: ['hang'],
    reopens: true,
    async run(subject) {
      const { layer, request, reopen } = subject;
      assert.ok(reopen !== undefined, 'the case is meant for layers whose jobs outlive their engine');
      const one = request('hang');
      const { job } = await start({ ...subject, request: () => one }, 'hang');
      const other = await reopen();
      try {
        const { flow, run } = one.spec;
        const found = await other.find([one.token, 'conformance-nobody'], { flow, run });
        assert.deepEqual(found, new Map([[one.token, job]]));
        assert.deepEqual(await submit(other, [one]), [job]);
        const runs = (status: JobStatus | undefined): boolean => status?.state === 'running';
        await follow(other, [job], runs);
        await other.cancel([job], { graceSeconds: 0 });
        const [end] = await ends(other, [job]);
        assert.ok(end !== undefined);
        failed(end, 'cancelled');
        await ends(layer, [job]);
      } finally {
        await other.close();
      }
    },
  },
];
