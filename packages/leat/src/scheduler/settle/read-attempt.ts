import type { Datastore } from '../../datastore/datastore.ts';
import type { AttemptManifest } from '../../datastore/manifest.ts';
import { readManifest } from '../../datastore/read-manifest.ts';
import { LeatError } from '../../errors/index.ts';

/**
 * The manifest of an attempt, or `undefined` as long as there is none.
 * @throws LeatError STORE_CORRUPT when it is damaged, or another attempt's; STORE_UNAVAILABLE.
 */
export async function readAttempt(
  datastore: Datastore,
  key: string,
  { task, attempt }: { readonly task: string; readonly attempt: number },
): Promise<AttemptManifest | undefined> {
  const found = await readManifest(datastore, key);
  if (found === undefined || (found.task === task && found.attempt === attempt)) return found;
  throw new LeatError(
    'STORE_CORRUPT',
    `'${key}' is the manifest of '${found.task}@${found.attempt}', not of '${task}@${attempt}'`,
    {
      hint: 'Something else has written to the datastore.',
      details: { key },
    },
  );
}
