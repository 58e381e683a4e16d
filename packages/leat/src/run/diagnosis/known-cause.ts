/** Why a task waits or ended, as far as the log tells: without its layer. Pure. */
import type { Diagnosis } from '../../compute/compute-layer.ts';
import type { RunStatus } from '../../metadata/events.ts';
import type { AttemptRecord, TaskRecord } from '../../metadata/metadata-store.ts';

/** What the metadata have on a task. */
export interface TaskFacts {
  readonly task: TaskRecord;
  /** Its last attempt. */
  readonly attempt: AttemptRecord | undefined;
  /** `TrainFlow/417` */
  readonly run: string;
  readonly runStatus: RunStatus;
  /** Who holds the lease: `ada-laptop:4711`. */
  readonly engine: string | undefined;
  /** The run goes on, by its status, and nobody drives it. */
  readonly abandoned: boolean;
  /** Jobs of the run that run, and that wait for a place. */
  readonly running: number;
  readonly waiting: number;
}

/** What the log says of a task. */
export function knownCause(facts: TaskFacts): Diagnosis {
  return ended(facts) ?? notDriven(facts) ?? inFlight(facts);
}

function ended(facts: TaskFacts): Diagnosis | undefined {
  const { task, attempt, run } = facts;
  switch (task.status) {
    case 'succeeded': {
      const cause = task.caught ? 'it failed, and @catchError stood in' : 'it succeeded';
      return { kind: 'ended', confidence: 'certain', cause };
    }
    case 'cancelled': {
      const cause = 'it was ended before it was done';
      return { kind: 'ended', confidence: 'certain', cause, remedy: `leat resume ${run}` };
    }
    case 'waiting-retry': {
      const why = task.failure?.message.split('\n')[0] ?? 'no message';
      const cause = `its attempt ${attempt?.attempt ?? 0} failed (${why}), and it waits for its next try`;
      return { kind: 'waiting', confidence: 'certain', cause };
    }
    case 'failed':
      return failed(facts);
    default:
      return undefined;
  }
}

function failed({ task: { task, failure }, run }: TaskFacts): Diagnosis {
  return {
    kind: 'ended',
    confidence: 'certain',
    cause: failure === undefined ? 'it failed' : `${failure.reason}: ${failure.message.split('\n')[0]}`,
    ...(failure?.hint === undefined ? {} : { remedy: failure.hint }),
    evidence: [`its log: leat logs '${run}/${task}'`],
  };
}

function notDriven({ run, abandoned, engine, runStatus }: TaskFacts): Diagnosis | undefined {
  if (abandoned)
    return {
      kind: 'misconfigured',
      confidence: 'certain',
      cause: `nobody drives its run: ${engine === undefined ? 'its engine' : `the engine ${engine}`} is gone`,
      remedy: `leat recover ${run}`,
    };
  if (runStatus === 'running') return undefined;
  return {
    kind: 'ended',
    confidence: 'certain',
    cause: `its run has ended (${runStatus}) before it did`,
    remedy: `leat resume ${run}`,
  };
}

function inFlight({ task, attempt, engine, running, waiting }: TaskFacts): Diagnosis {
  const layer = attempt?.layer ?? 'its layer';
  if (task.status === 'running')
    return { kind: 'running', confidence: 'certain', cause: `it runs on '${layer}'` };
  const others = `of its run ${running} ${running === 1 ? 'task runs' : 'tasks run'} and ${waiting} wait`;
  return {
    kind: 'waiting',
    confidence: 'likely',
    cause: `it waits on '${layer}' for its place or its start${attempt?.note === undefined ? '' : `: ${attempt.note}`}`,
    remedy: "Wait, or ask for less with @resources. The engine's own window says more.",
    evidence: [others, ...(engine === undefined ? [] : [`it is driven by ${engine}`])],
  };
}

/**
 * The log's answer and the layer's as one. The layer knows more of a job than the log does; but it has forgotten old ones, and whether
 * anybody drives the run is not its business.
 */
export function withLayer(known: Diagnosis, asked: Diagnosis): Diagnosis {
  if (known.kind === 'ended' && asked.kind === 'ended') return bothOfItsEnd(known, asked);
  if (known.kind === 'ended' && (asked.kind ?? 'unknown') === 'unknown') return known;
  // A run that nobody drives has to be taken up, whatever its jobs do.
  return known.kind === 'misconfigured' ? withEvidence(known, [`its job: ${asked.cause}`], asked) : asked;
}

function bothOfItsEnd(known: Diagnosis, asked: Diagnosis): Diagnosis {
  const more = asked.cause === known.cause ? [] : [`its job: ${asked.cause}`];
  const remedy = known.remedy ?? asked.remedy;
  return { ...withEvidence(known, more, asked), ...(remedy === undefined ? {} : { remedy }) };
}

const withEvidence = (known: Diagnosis, more: readonly string[], asked: Diagnosis): Diagnosis => ({
  ...known,
  evidence: [...(known.evidence ?? []), ...more, ...(asked.evidence ?? [])],
});
