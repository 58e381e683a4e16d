import { toolLastsMs } from '../../datastore/tool-life.ts';
import type { MetadataStore, RunRecord } from '../../metadata/metadata-store.ts';

/**
 * Whether tasks may be there that use the tools which their run found when it began. One that nobody has driven for as long as tools last was
 * abandoned, whatever it says of itself; whoever takes it up again finds no tools, and stores them anew.
 */
export async function mayUseTools(
  metadata: Pick<MetadataStore, 'events'>,
  run: RunRecord,
  now: number,
): Promise<boolean> {
  if (run.status !== 'running') return false;
  return now - (run.lease?.until ?? (await lastEventOf(metadata, run))) < toolLastsMs;
}

/** When an engine that has left and given the lease back, as `--detach` does, had last something to say. */
async function lastEventOf(
  metadata: Pick<MetadataStore, 'events'>,
  { flow, id, lastSeq, createdAt }: RunRecord,
): Promise<number> {
  let last = createdAt;
  for await (const { event } of metadata.events(flow, id, lastSeq - 1)) last = event.at;
  return last;
}
