/** What the cases of the layer conformance suite do with jobs. */
import assert from 'node:assert/strict';
import type { AttemptRequest, ComputeLayer, JobId, JobStatus, LogChunk } from 'leat/compute';
import type { Behaviour } from './conformance-tasks.ts';

/** What a case may use. Whoever runs it closes the layer; closing twice is fine. */
export interface LayerUnderTest {
  readonly layer: ComputeLayer;
  /** An attempt that behaves so, with a token of its own, such as `conformanceRequest`. */
  request(behaviour: Behaviour, over?: Partial<AttemptRequest>): AttemptRequest;
  /** Whether a process of this machine runs; absent when tasks run elsewhere. Cases that ask are to be left out then. */
  isAlive?(pid: number): boolean;
  /** How many tasks the case of a big fan-out hands over; 200 unless told. */
  readonly fanOut?: number;
  /**
   * Opens the layer once more, as another engine does while the jobs of one that died go on; absent when jobs die with their engine. The case
   * closes it. Cases that ask are to be left out then.
   */
  reopen?(): Promise<ComputeLayer>;
  /** Takes a running job away behind the layer's back, as a machine that fails does; absent when there is no way. Cases that ask are to be left out then. */
  lose?(job: JobId): Promise<void>;
}

/** One thing that a compute layer promises. */
export interface LayerCase {
  readonly name: string;
  /** What the layer must be able to run for this case. */
  readonly needs: readonly Behaviour[];
  /** The case hands over chunks: for layers whose capabilities say that they take them. */
  readonly chunks?: true;
  /** The case looks at processes of this machine: see {@link LayerUnderTest.isAlive}. */
  readonly local?: true;
  /** The case opens the layer a second time: see {@link LayerUnderTest.reopen}. */
  readonly reopens?: true;
  /** The case takes jobs away: see {@link LayerUnderTest.lose}. */
  readonly loses?: true;
  /** Rejects with an `AssertionError` when the layer does not keep the promise. */
  run(subject: LayerUnderTest): Promise<void>;
}

/** The last status of a job that has not succeeded. */
export type FailedStatus = Extract<JobStatus, { state: 'failed' }>;

/** How long a case waits for a job, in milliseconds; real platforms start slowly. */
export const patienceMs: number = 600_000;

/** States in the order in which a job goes through them. */
export const order: readonly string[] = ['submitted', 'queued', 'starting', 'running', 'succeeded', 'failed'];

/** Whether a status is a last one. */
export const isOver = (status: JobStatus | undefined): boolean =>
  status?.state === 'succeeded' || status?.state === 'failed';

/** Hands over attempts; each must get a job. */
export async function submit(
  layer: ComputeLayer,
  requests: readonly AttemptRequest[],
): Promise<readonly JobId[]> {
  const results = await layer.submit(requests);
  assert.deepEqual(
    results.map(({ token }) => token),
    requests.map(({ token }) => token),
    'submit answers for each attempt, in order',
  );
  return results.map((result) => {
    assert.ok('job' in result, `refused: ${'refused' in result ? result.refused : ''}`);
    return result.job;
  });
}

/** Polls until `done`; says what each job went through. */
export async function follow(
  layer: ComputeLayer,
  jobs: readonly JobId[],
  done: (status: JobStatus | undefined) => boolean,
): Promise<ReadonlyMap<JobId, JobStatus[]>> {
  const histories = new Map<JobId, JobStatus[]>(jobs.map((job) => [job, []]));
  const deadline = Date.now() + patienceMs;
  const signal = AbortSignal.timeout(patienceMs);
  for (let open = [...histories.keys()]; open.length > 0;) {
    assert.ok(Date.now() < deadline, `the jobs ${open.join(', ')} did not get there`);
    const answer = await layer.poll(open, { waitMs: 1000, signal });
    for (const [job, status] of answer) histories.get(job)?.push(status);
    open = open.filter((job) => !done(answer.get(job)));
  }
  return histories;
}

/** The last status of each job. */
export async function ends(layer: ComputeLayer, jobs: readonly JobId[]): Promise<readonly JobStatus[]> {
  const histories = await follow(layer, jobs, isOver);
  return jobs.map((job) => histories.get(job)?.at(-1) as JobStatus);
}

/** Runs one attempt to its end. */
export async function endOf(
  { layer, request }: LayerUnderTest,
  behaviour: Behaviour,
  over?: Partial<AttemptRequest>,
): Promise<JobStatus> {
  const [end] = await ends(layer, await submit(layer, [request(behaviour, over)]));
  return end as JobStatus;
}

/** The status, if it is a failure for that reason. */
export function failed(status: JobStatus, reason: FailedStatus['reason']): FailedStatus {
  assert.ok(
    status.state === 'failed' && status.reason === reason,
    `expected a failure '${reason}', got ${JSON.stringify(status)}`,
  );
  assert.ok(status.message.length > 0, 'a failure says why');
  return status;
}

/** All of a log, by stream. */
export async function readLogs(
  source: AsyncIterable<LogChunk>,
): Promise<Readonly<Record<LogChunk['stream'], string>>> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for await (const { stream, bytes } of source) parts[stream].push(bytes);
  return {
    stdout: Buffer.concat(parts.stdout).toString('utf8'),
    stderr: Buffer.concat(parts.stderr).toString('utf8'),
  };
}

/** Reads a job's log until it has told a process id. */
async function printedPid(layer: ComputeLayer, job: JobId): Promise<number> {
  let text = '';
  for await (const { bytes } of layer.logs(job)) {
    text += Buffer.from(bytes).toString('utf8');
    const pid = /pid (\d+)\n/.exec(text)?.[1];
    if (pid !== undefined) return Number(pid);
  }
  return assert.fail(`no process id in the log: ${text}`);
}

/** Starts a task that prints its process id. */
export async function start(
  subject: LayerUnderTest,
  behaviour: Behaviour,
  over?: Partial<AttemptRequest>,
): Promise<{ job: JobId; pid: number }> {
  const [job = ''] = await submit(subject.layer, [subject.request(behaviour, over)]);
  return { job, pid: await printedPid(subject.layer, job) };
}

/** A killed process may be seen for a moment longer. */
export async function assertGone(subject: LayerUnderTest, pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (subject.isAlive?.(pid) === true) {
    assert.ok(Date.now() < deadline, `the process ${pid} still runs`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
