/**
 * What every compute layer must do, as cases that any test runner can run. A case gets an open layer and a way to make
 * requests; it looks at nothing but what the contract promises.
 */
import assert from 'node:assert/strict';
import type { JobId } from 'leat/compute';
import {
  assertGone,
  endOf,
  ends,
  failed,
  follow,
  isOver,
  type LayerCase,
  order,
  patienceMs,
  start,
  submit,
} from './conformance-jobs.ts';
import { cancelCases } from './conformance-cancel.ts';
import { chunkCases } from './conformance-chunks.ts';
import { logCases } from './conformance-logs.ts';
import { lossCases } from './conformance-losses.ts';
import { specCases } from './conformance-specs.ts';

export type { LayerCase };

const endCases: readonly LayerCase[] = [
  {
    name: 'a task that ends well succeeds, with its times',
    needs: ['succeed'],
    async run(subject) {
      const end = await endOf(subject, 'succeed');
      assert.ok(end.state === 'succeeded', JSON.stringify(end));
      assert.ok(end.startedAt <= end.endedAt && end.endedAt - Date.now() < 60_000);
    },
  },
  {
    name: 'many tasks handed over at once all run',
    needs: ['succeed'],
    async run({ layer, request }) {
      const jobs = await submit(
        layer,
        Array.from({ length: 25 }, () => request('succeed')),
      );
      assert.equal(new Set(jobs).size, 25);
      for (const { state } of await ends(layer, jobs)) assert.equal(state, 'succeeded');
    },
  },
  {
    name: 'a step that throws is a failure with exit code 1',
    needs: ['fail'],
    async run(subject) {
      assert.equal(failed(await endOf(subject, 'fail'), 'exit').exitCode, 1);
    },
  },
  {
    name: 'another exit code is told',
    needs: ['exit'],
    async run(subject) {
      assert.equal(failed(await endOf(subject, 'exit'), 'exit').exitCode, 7);
    },
  },
  {
    name: 'a signal is told',
    needs: ['die'],
    async run(subject) {
      const { signal, exitCode } = failed(await endOf(subject, 'die'), 'exit');
      assert.ok(signal === 'SIGKILL' || exitCode === 137, 'SIGKILL or 137');
    },
  },
  {
    name: 'a task that needs more memory than it has fails for that reason',
    needs: ['exhaust'],
    async run(subject) {
      const { resources } = subject.request('exhaust');
      const memory = { value: 128, origin: '@resources' } as const;
      failed(await endOf(subject, 'exhaust', { resources: { ...resources, memory } }), 'out-of-memory');
    },
  },
  {
    name: 'a task that runs longer than it may is ended for that reason',
    needs: ['hang'],
    async run(subject) {
      failed(await endOf(subject, 'hang', { timeoutSeconds: 1 }), 'timeout');
    },
  },
  {
    name: 'a task that runs longer than it may and does not listen is ended all the same',
    needs: ['resist'],
    async run(subject) {
      failed(await endOf(subject, 'resist', { timeoutSeconds: 1 }), 'timeout');
    },
  },
];

const tokenCases: readonly LayerCase[] = [
  {
    name: 'the same token is the same job: in one call, later, and when it is over',
    needs: ['succeed'],
    async run({ layer, request }) {
      const one = request('succeed');
      const [first, second] = await submit(layer, [one, one]);
      assert.equal(first, second);
      assert.deepEqual(await submit(layer, [one]), [first]);
      await ends(layer, [first as JobId]);
      assert.deepEqual(await submit(layer, [one]), [first]);
      assert.equal((await ends(layer, [first as JobId]))[0]?.state, 'succeeded');
    },
  },
  {
    name: 'find tells jobs by their tokens, and nothing of others',
    needs: ['succeed'],
    async run({ layer, request }) {
      const one = request('succeed');
      const [job] = await submit(layer, [one]);
      assert.deepEqual(await layer.find([one.token, 'conformance-nobody']), new Map([[one.token, job]]));
      assert.deepEqual(await layer.find([]), new Map());
    },
  },
];

const pollCases: readonly LayerCase[] = [
  {
    name: 'a job goes forward through its states, and its last one stays',
    needs: ['succeed'],
    async run({ layer, request }) {
      const jobs = await submit(layer, [request('succeed'), request('succeed')]);
      for (const history of (await follow(layer, jobs, isOver)).values()) {
        const ranks = history.map(({ state }) => order.indexOf(state));
        assert.deepEqual(
          ranks,
          ranks.toSorted((a, b) => a - b),
          'no step back',
        );
      }
      const [again] = await ends(layer, jobs.slice(0, 1));
      assert.equal(again?.state, 'succeeded');
    },
  },
  {
    name: 'a job that the layer does not know is missing from the answer, at once',
    needs: [],
    async run({ layer }) {
      const started = Date.now();
      assert.deepEqual(
        await layer.poll(['conformance-nobody'], { waitMs: 60_000, signal: AbortSignal.timeout(patienceMs) }),
        new Map(),
      );
      assert.ok(Date.now() - started < 50_000, 'nothing to wait for');
      assert.deepEqual(await layer.poll([], { waitMs: 0, signal: AbortSignal.timeout(1000) }), new Map());
    },
  },
  {
    name: 'a poll ends when its signal does',
    needs: ['hang'],
    async run(subject) {
      const { job } = await start(subject, 'hang');
      await subject.layer.poll([job], { waitMs: 0, signal: AbortSignal.timeout(patienceMs) });
      const aborted = new AbortController();
      const polled = subject.layer
        .poll([job], { waitMs: patienceMs, signal: aborted.signal })
        .catch(() => undefined);
      aborted.abort();
      await polled;
    },
  },
  {
    name: 'a modest step can run here',
    needs: [],
    async run({ layer, request }) {
      const { resources, options } = request('succeed');
      const findings = await layer.check([{ step: 'succeed', resources, options }]);
      assert.deepEqual(
        findings.filter(({ level }) => level === 'error'),
        [],
      );
    },
  },
  {
    name: 'diagnose has something to say about every job',
    needs: ['fail', 'hang'],
    async run(subject) {
      const [over = ''] = await submit(subject.layer, [subject.request('fail')]);
      await ends(subject.layer, [over]);
      const { job: running } = await start(subject, 'hang');
      for (const job of [over, running, 'conformance-nobody'])
        assert.ok((await subject.layer.diagnose(job)).cause.length > 0);
    },
  },
];

const processCases: readonly LayerCase[] = [
  {
    name: 'what a task has started ends with it',
    needs: ['leave'],
    local: true,
    async run(subject) {
      const { job, pid } = await start(subject, 'leave');
      await ends(subject.layer, [job]);
      await assertGone(subject, pid);
    },
  },
  {
    name: 'close leaves no process behind',
    needs: ['hang', 'resist'],
    local: true,
    async run(subject) {
      subject.layer.expect?.(4);
      const started = [await start(subject, 'hang'), await start(subject, 'resist')];
      await subject.layer.close();
      for (const { pid } of started) await assertGone(subject, pid);
    },
  },
];

/**
 * The suite. Each case wants a layer of its own, freshly opened; those that need what a subject does not have are to be left out: {@link isMeantFor}.
 *
 * @example
 * for (const { name, run } of layerConformance.filter((one) => isMeantFor(one, { chunks: true }))) {
 *   test(name, async () => {
 *     const layer = await computeLayer.open(conformanceContext(folder, runner));
 *     try { await run({ layer, request: conformanceRequest }); } finally { await layer.close(); }
 *   });
 * }
 */
export const layerConformance: readonly LayerCase[] = [
  ...endCases,
  ...tokenCases,
  ...pollCases,
  ...cancelCases,
  ...logCases,
  ...specCases,
  ...processCases,
  ...lossCases,
  ...chunkCases,
];

/** What a layer under test has, beside jobs that run. */
export interface SubjectAbilities {
  /** It takes chunks. */
  readonly chunks?: boolean;
  /** See `LayerUnderTest.isAlive`. */
  readonly local?: boolean;
  /** See `LayerUnderTest.reopen`. */
  readonly reopens?: boolean;
  /** See `LayerUnderTest.lose`. */
  readonly loses?: boolean;
}

/** Whether a layer with these abilities is to keep the promise of this case. */
export function isMeantFor(one: LayerCase, has: SubjectAbilities): boolean {
  const needed = ['chunks', 'local', 'reopens', 'loses'] as const;
  return needed.every((ability) => one[ability] !== true || has[ability] === true);
}
