import { inheritArtifacts } from '../datastore/inherit-artifacts.ts';
import type { AttemptManifest } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import type { ArtifactRefs } from './flow-fields.ts';

/** What the task before has left; nothing for the first one. @throws LeatError STORE_CORRUPT when its result is gone. */
export function readSourceRefs(
  { sources }: Pick<TaskSpec, 'sources'>,
  read: (key: string) => AttemptManifest | undefined,
): ArtifactRefs {
  const [source] = sources;
  if (source === undefined) return {};
  const { task, manifest: key } = source;
  return inheritArtifacts(key, succeeded(task, key, read(key)));
}

/** The manifest of a task that has succeeded. @throws LeatError STORE_CORRUPT when it is none. */
export function succeeded(
  task: string,
  key: string,
  manifest: AttemptManifest | undefined,
): Extract<AttemptManifest, { status: 'succeeded' }> {
  if (manifest?.status === 'succeeded') return manifest;
  throw new LeatError(
    'STORE_CORRUPT',
    `the result of '${task}' is gone: there is no manifest of a success at '${key}'`,
    {
      hint: 'Run the flow again, or resume a run whose results are still there.',
    },
  );
}
