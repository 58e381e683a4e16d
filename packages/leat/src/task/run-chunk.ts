/**
 * The members of a chunk, one after another in this process: each is a task of its own, with its own flow object, manifest and
 * output. Loaded by processes that were given a chunk, and by no others. It ends early when a member was ended by something
 * outside of its step's promise, since nobody knows what else that has broken; and when nobody is left to hear of the others.
 */
import type { AttemptManifest, FailureRecord } from '../datastore/manifest.ts';
import { createPack } from '../datastore/packs/pack-writer.ts';
import { LeatError } from '../errors/index.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { ChunkReads } from './chunk-reads.ts';
import { writeMark } from './member-mark.ts';
import type { ProcessGuard } from './process-guard.ts';
import type { TaskStore } from './remote-store.ts';
import type { TaskSetting } from './run-task.ts';

/** What a chunk runs with. Functions of modules that every task loads are given, so that this one adds nothing to what they load. */
export interface ChunkSetting {
  readonly message: TaskMessage;
  readonly store: TaskStore;
  /** Runs one member. */
  readonly run: (
    member: Pick<TaskSetting, 'spec' | 'reads' | 'commit' | 'interrupted'>,
  ) => Promise<AttemptManifest>;
  /** Makes the guard of this process. */
  readonly guard: (exited: (failure: FailureRecord) => void) => ProcessGuard;
  readonly failed: (spec: TaskSpec, startedAt: number, failure: FailureRecord) => AttemptManifest;
  /** Whoever started this process is gone: what is committed stays, and no other member is begun. */
  readonly abandoned: () => boolean;
  /** A member begins. */
  readonly begin: (spec: TaskSpec) => void;
}

/**
 * Runs all members; whether it got to the end of them, well or not.
 * @throws LeatError STORE_UNAVAILABLE when a result cannot be written; INTERNAL when another copy of the chunk has begun
 */
export async function runChunk({ message, store, ...given }: ChunkSetting): Promise<boolean> {
  const { spec: first, chunk } = message;
  if (chunk === undefined) return true;
  const pack = createPack(store, chunk.pack);
  if (pack === undefined) throw startedTwice(chunk.pack);
  await store.fetchOwn?.(chunk.members.map((member) => ({ ...first, ...member })));
  const reads = new ChunkReads(store, first.parameters);
  let member = 0;
  let spec = first;
  let startedAt = Date.now();
  const guard = given.guard((failure) => pack.commit(member, given.failed(spec, startedAt, failure), true));
  const commit = (manifest: AttemptManifest): void => {
    guard.release();
    pack.commit(member, manifest, guard.tripped);
  };
  for (; member < chunk.members.length && !guard.tripped && !given.abandoned(); member += 1) {
    spec = { ...first, ...chunk.members[member] };
    startedAt = Date.now();
    writeMark(chunk.mark, member);
    given.begin(spec);
    reads.next();
    guard.renew();
    await given.run({ spec, reads, commit, interrupted: guard.interrupted });
  }
  guard.release();
  pack.close();
  return member === chunk.members.length && !guard.tripped;
}

const startedTwice = (pack: string): LeatError =>
  new LeatError('INTERNAL', `another process works through this chunk, or has: '${pack}' is there`, {
    hint: 'Its platform has started it twice. The other one goes on.',
  });
