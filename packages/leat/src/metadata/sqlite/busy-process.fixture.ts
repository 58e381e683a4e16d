/** One of many processes on the same metadata: `node busy-process.fixture.ts FILE write|read ROUNDS`. */
import type { RunEvent } from '../events.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const [file = '', role = '', rounds = ''] = process.argv.slice(2);

async function write(store: MetadataStore): Promise<void> {
  const given = { flow: 'Busy', namespace: 'user:ada', user: 'ada', tags: [], plan: {}, parameters: {} };
  const { run, lease } = await store.createRun(
    { ...given, parametersKey: 'p', package: 'abc', datastore: 'file:///s', createdAt: 1 },
    String(process.pid),
    60_000,
  );
  for (let round = 0; round < Number(rounds); round += 1) {
    const task = `train[${round}]`;
    const events: RunEvent[] = [
      { type: 'attempt-submitted', at: round, task, attempt: 0, layer: 'local', token: task },
      {
        type: 'attempt-failed',
        at: round,
        task,
        attempt: 0,
        failure: { reason: 'error', type: 'Error', message: 'x' },
      },
    ];
    await store.append(lease, events);
    await store.tag('Busy', run.id, { add: [`round-${round % 10}`] });
    await store.renewLease(lease, 60_000);
  }
  await store.releaseLease(lease);
}

async function read(store: MetadataStore): Promise<void> {
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const run of await store.runs({ flow: 'Busy' })) {
      await store.steps('Busy', run.id);
      await store.failures('Busy', run.id, 10);
    }
  }
}

const store = await openSqliteStore(file);
await (role === 'write' ? write(store) : read(store));
await store.close();
