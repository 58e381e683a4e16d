/** How jobs end that somebody wants to end. */
import assert from 'node:assert/strict';
import type { JobStatus } from 'leat/compute';
import { ends, failed, type LayerCase, start, submit } from './conformance-jobs.ts';

/** See the file's header. */
export const cancelCases: readonly LayerCase[] = [
  {
    name: 'cancel lets a task tidy up',
    needs: ['tidy'],
    async run(subject) {
      const { layer } = subject;
      const [job = ''] = await submit(layer, [subject.request('tidy')]);
      let text = '';
      for await (const { bytes } of layer.logs(job)) {
        const before = text;
        text += Buffer.from(bytes).toString('utf8');
        if (!before.includes('pid') && text.includes('pid')) await layer.cancel([job], { graceSeconds: 60 });
      }
      assert.match(text, /tidied/);
      failed((await ends(layer, [job]))[0] as JobStatus, 'cancelled');
    },
  },
  {
    name: 'cancel ends a task that does not listen, after the grace',
    needs: ['resist', 'spin'],
    async run(subject) {
      const { job: resisting } = await start(subject, 'resist');
      const { job: spinning } = await start(subject, 'spin');
      await subject.layer.cancel([resisting, spinning], { graceSeconds: 1 });
      for (const end of await ends(subject.layer, [resisting, spinning])) failed(end, 'cancelled');
    },
  },
  {
    name: 'cancel of what is over or unknown changes nothing',
    needs: ['succeed'],
    async run({ layer, request }) {
      const jobs = await submit(layer, [request('succeed')]);
      await ends(layer, jobs);
      await layer.cancel([...jobs, 'conformance-nobody'], { graceSeconds: 0 });
      assert.equal((await ends(layer, jobs))[0]?.state, 'succeeded');
    },
  },
];
