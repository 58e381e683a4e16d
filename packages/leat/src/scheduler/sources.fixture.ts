/** What a task's sources come to, however its spec names them. */
import type { Datastore } from '../datastore/datastore.ts';
import { formatTask, manifestKey } from '../datastore/keys.ts';
import { formatPackedKey } from '../datastore/packs/packed-key.ts';
import { SourceIndex } from '../datastore/source-index.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import type { TaskPieces } from './task-spec-of.ts';

interface NamedSource {
  readonly task: string;
  readonly manifest: string;
}

type Named = Pick<TaskSpec, 'flow' | 'run' | 'sources' | 'joined'>;

const named = ({ task, manifest }: NamedSource): NamedSource => ({ task, manifest });

function alike({ flow, run, joined }: Named): readonly NamedSource[] | undefined {
  if (joined?.kind !== 'alike') return undefined;
  const { step, iteration, attempt, path, count } = joined;
  return Array.from({ length: count }, (_, place) => {
    const address = { step, iteration, path: [...path, place] };
    return { task: formatTask(address), manifest: manifestKey(flow, joined.run ?? run, address, attempt) };
  });
}

/** As the state tells it. */
export function sourcesIn({ spec, list }: TaskPieces): readonly NamedSource[] {
  if (spec.joined === undefined) return spec.sources.map(named);
  const { flow, path, kinds, packs, count, ...columns } = list?.() ?? emptyColumns;
  return (
    alike(spec) ??
    Array.from({ length: count }, (_, place) => {
      const { step, iteration, attempt, run } = kinds[columns.kind[place]!]!;
      const address = { step, iteration, path: [...path, place] };
      const pack = packs[columns.pack[place]! - 1];
      const at = { offset: columns.offset[place]!, length: columns.length[place]! };
      return {
        task: formatTask(address),
        manifest:
          pack === undefined ? manifestKey(flow, run, address, attempt) : formatPackedKey({ pack, ...at }),
      };
    })
  );
}

const emptyColumns = {
  flow: '',
  path: [],
  kinds: [],
  packs: [],
  count: 0,
  kind: [],
  pack: [],
  offset: [],
  length: [],
};

/** As a task's process finds it in the datastore. */
export async function sourcesAt(store: Datastore, spec: Named): Promise<readonly NamedSource[]> {
  const { joined } = spec;
  if (joined === undefined) return spec.sources.map(named);
  if (joined.kind === 'alike') return alike(spec) ?? [];
  const index = await SourceIndex.open(store, joined.key, joined.count);
  return Array.from({ length: joined.count }, (_, place) => {
    const { address, manifest } = index.at(place);
    return { task: formatTask(address), manifest };
  });
}
