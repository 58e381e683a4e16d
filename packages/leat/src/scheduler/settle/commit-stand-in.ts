import { ArtifactStore } from '../../datastore/artifact-store.ts';
import { commitAttemptAsync } from '../../datastore/commit-attempt.ts';
import type { Datastore } from '../../datastore/datastore.ts';
import { inheritArtifacts } from '../../datastore/inherit-artifacts.ts';
import { InlineBudget } from '../../datastore/inline-budget.ts';
import { manifestKey } from '../../datastore/keys.ts';
import type { ArtifactRef, FailureRecord, Outcome } from '../../datastore/manifest.ts';
import { readManifest } from '../../datastore/read-manifest.ts';
import type { EventFailure } from '../../metadata/events.ts';
import type { TaskPieces } from '../specs/task-spec-of.ts';

/** A task that is out of tries and carries `@catchError`. */
export interface StandIn {
  readonly pieces: TaskPieces;
  /** The field of the flow that takes the failure. */
  readonly variable: string;
  readonly failure: EventFailure;
  readonly outcome: Outcome;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Commits what `@catchError` puts in the place of a step that failed: the artifacts of the task before it (none for a join)
 * and the failure. It is written as one attempt past the last try, a number that no job ever has. Writing it twice, after
 * a crash in between, leaves the first.
 *
 * @returns the key of the manifest
 */
export async function commitStandIn(datastore: Datastore, standIn: StandIn): Promise<string> {
  const { pieces, variable, failure, outcome, token, at } = standIn;
  const { flow, run, step, path, iteration, attempt, task, takes } = pieces.spec;
  const key = manifestKey(flow, run, { step, path, iteration }, attempt + 1);
  const { type, message, stack, reason, exitCode, signal } = failure;
  const caught = { type, message, stack, attempts: attempt + 1, reason, exitCode, signal };
  const told = Object.fromEntries(Object.entries(caught).filter(([, value]) => value !== undefined));
  const stored = new ArtifactStore(datastore).save(variable, told, new InlineBudget());
  const artifacts = { ...(takes === 'inputs' ? {} : await inherited(datastore, pieces)), [variable]: stored };
  await commitAttemptAsync(datastore, key, {
    version: 1,
    task,
    attempt: attempt + 1,
    token,
    startedAt: at,
    endedAt: at,
    status: 'succeeded',
    outcome,
    artifacts,
    caught: failure as FailureRecord,
  });
  return key;
}

async function inherited(
  datastore: Datastore,
  { spec }: TaskPieces,
): Promise<Readonly<Record<string, ArtifactRef>>> {
  const [source] = spec.sources;
  if (source === undefined) return {};
  const manifest = await readManifest(datastore, source.manifest);
  return manifest === undefined ? {} : inheritArtifacts(source.manifest, manifest);
}
