import type { Datastore } from '../datastore/datastore.ts';
import { writeItems } from '../datastore/items/write-items.ts';
import type { Outcome } from '../datastore/manifest.ts';
import type { NextCall } from '../flow/step-host.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { missingTransition } from './transition-check.ts';

/** What the step has decided. The items of a foreach are taken and stored here, so a lazy iterable runs now. @throws LeatError TRANSITION_INVALID */
export async function outcomeOf(
  { step, next }: TaskSpec,
  call: NextCall | undefined,
  store: Datastore,
): Promise<Outcome> {
  if (call === undefined) {
    if (next.kind === 'end') return { kind: 'end' };
    throw missingTransition(step, next);
  }
  switch (call.kind) {
    case 'linear':
      return { kind: 'linear' };
    case 'branch':
      return { kind: 'branch' };
    case 'switch':
      return { kind: 'switch', choice: call.choice };
    case 'foreach':
      return { kind: 'foreach', items: await writeItems(store, call.items) };
  }
}
