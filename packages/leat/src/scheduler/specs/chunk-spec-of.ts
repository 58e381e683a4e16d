import { LeatError } from '../../errors/index.ts';
import { packKey } from '../../datastore/keys.ts';
import { memberAddress } from '../../metadata/chunk-events.ts';
import type { ChunkMember, TaskChunk, TaskSpec } from '../../plan/task-spec.ts';
import type { Command } from '../commands.ts';
import { firstPlace } from '../state/place-ranges.ts';
import type { Chunk, SchedulerState } from '../state/state.ts';
import { type RunFacts, type SpecStore, type TaskPieces, taskPiecesOf, taskSpecsOf } from './task-spec-of.ts';

/** The chunk of a `submit-chunk`. */
export function chunkOf(
  state: SchedulerState,
  { group, places }: Pick<Extract<Command, { type: 'submit-chunk' }>, 'group' | 'places'>,
): Chunk {
  const address = memberAddress(group, firstPlace(places));
  const chunk = state.active.get(address)?.chunk;
  if (chunk === undefined) throw new LeatError('INTERNAL', `there is no chunk that begins with '${address}'`);
  return chunk;
}

/** What the open members of a chunk need to run, in the order of work. */
export const chunkPiecesOf = (state: SchedulerState, chunk: Chunk): readonly TaskPieces[] =>
  [...chunk.open.values()].map(({ address }) => taskPiecesOf(state, address));

/** What a chunk's specs are made of, besides its pieces. */
export interface ChunkFacts {
  readonly run: RunFacts;
  /** The chunk's token. */
  readonly token: string;
  readonly store: SpecStore;
}

/**
 * The first member's spec, and in what the others differ from it. They have the chunk's token, and its pack where one attempt has
 * the key of its manifest: what goes to thousands of members is kept short.
 */
export async function chunkSpecOf(
  pieces: readonly TaskPieces[],
  { run, token, store }: ChunkFacts,
): Promise<{ readonly spec: TaskSpec; readonly chunk: TaskChunk }> {
  const specs = await taskSpecsOf(pieces, { ...run, token }, store);
  const [first] = specs;
  if (first === undefined) throw new LeatError('INTERNAL', 'a chunk has no members');
  const pack = packKey(first.flow, first.run, first.step, token);
  const members = specs.map((spec) => differences(first, spec));
  return { spec: { ...first, manifest: pack }, chunk: { pack, members } };
}

function differences(first: TaskSpec, spec: TaskSpec): ChunkMember {
  if (spec === first) return {};
  const { task, path, attempt, sources, foreach, triesLeft, joined, joinedItems } = spec;
  return {
    task,
    path,
    foreach,
    ...(joined === undefined ? {} : { joined }),
    ...(joinedItems === undefined ? {} : { joinedItems }),
    ...(attempt === first.attempt ? {} : { attempt }),
    ...(triesLeft === first.triesLeft ? {} : { triesLeft }),
    ...(sameSources(first.sources, sources) ? {} : { sources }),
  };
}

/** Items of one split have one source; tasks that follow such tasks each have their own. */
const sameSources = (one: TaskSpec['sources'], other: TaskSpec['sources']): boolean =>
  one.length === other.length && one.every(({ manifest }, at) => manifest === other[at]?.manifest);
