/**
 * `TaskSpec`: all that one attempt needs to run anywhere. The engine and the task's process meet in this type, the
 * datastore, and nothing else.
 */
import type { Transition } from '../graph/graph.ts';

/** An earlier task whose artifacts this one may see. */
export interface TaskSource {
  readonly step: string;
  /** Address within the run, `train[3]`. */
  readonly task: string;
  /** Key of the manifest that decided the task. */
  readonly manifest: string;
}

/** Where a foreach item is stored: only its own bytes are read. */
export interface ItemSource {
  /** Key of the chunk. */
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/** One foreach around a task, outermost first. */
export interface ForeachFrame {
  /** The split step. */
  readonly step: string;
  readonly index: number;
  readonly count: number;
  readonly item: ItemSource;
}

/** An artifact that some step of the flow assigns: what is needed to say why a read finds nothing. */
export interface KnownArtifact {
  readonly name: string;
  /** The steps that assign it, in the order of the class. */
  readonly steps: readonly string[];
  /** Some other step, not of the reader's loop, assigns it on every way through: a read that finds nothing is an error then, and `undefined` otherwise. */
  readonly always: boolean;
}

/**
 * What a join of a foreach joins, in the order of the split: never a list in the spec, which would grow with the fan-out.
 * Either all inputs are named by one rule, or an object of the datastore lists them (`datastore/source-index.ts`).
 */
export type JoinedSources =
  | {
      readonly kind: 'alike';
      readonly count: number;
      readonly step: string;
      /** Foreach indexes of the split; an input's path is this and its place. */
      readonly path: readonly number[];
      readonly iteration: number;
      readonly attempt: number;
      /** The run that wrote the manifests, when it is another one. */
      readonly run?: string;
    }
  | { readonly kind: 'listed'; readonly count: number; readonly key: string };

/**
 * Many attempts of one step that one process works through, in order. Each is a task of its own with its own result, retry
 * and log; they share the process, its module variables, and one object that takes their manifests.
 */
export interface TaskChunk {
  /** Key of the pack that takes the manifests (`datastore/packs/`). */
  readonly pack: string;
  /** What differs from the request's `spec`, which is the first member's; the first entry is empty. */
  readonly members: readonly ChunkMember[];
}

/** The fields of a {@link TaskSpec} in which a chunk's members may differ. */
export type ChunkMember = Partial<
  Pick<
    TaskSpec,
    | 'task'
    | 'path'
    | 'attempt'
    | 'token'
    | 'sources'
    | 'joined'
    | 'joinedItems'
    | 'foreach'
    | 'triesLeft'
    | 'manifest'
  >
>;

export interface TaskSpec {
  readonly version: 1;
  readonly flow: string;
  readonly run: string;
  readonly step: string;
  /** Address within the run, `train[3]~2`; see `datastore/keys.ts`. */
  readonly task: string;
  readonly path: readonly number[];
  readonly iteration: number;
  readonly attempt: number;
  /** Names this attempt on every platform; the same attempt always has the same token. */
  readonly token: string;
  /** What the step's argument is. */
  readonly takes: 'nothing' | 'item' | 'inputs';
  /** What the graph says that follows: `this.next(…)` must agree with it. */
  readonly next: Transition;
  /** Artifacts that the step's source mentions: fetched ahead where a fetch is slow. */
  readonly reads: readonly string[];
  /** Every artifact that the graph knows of. */
  readonly known: readonly KnownArtifact[];
  /** The step before (none for `start`); for the join of a branch all of them, in its order; empty where `joined` stands. */
  readonly sources: readonly TaskSource[];
  /** The join of a foreach only: what it joins. */
  readonly joined?: JoinedSources;
  readonly foreach: readonly ForeachFrame[];
  /** A join of a foreach: key of the index of the items that it joins, so that each input knows its item. */
  readonly joinedItems?: string;
  /** Hash of the code package. */
  readonly package: string;
  /** Key of the run's parameters: one artifact that holds a record, or the key holds them itself. */
  readonly parameters: string;
  /** Key that the attempt's manifest is written to, with create-if-absent. */
  readonly manifest: string;
  /** Tries that this task may still spend, this one included; for `current` and messages. */
  readonly triesLeft: number;
  readonly timeoutSeconds?: number;
  readonly catchVar?: string;
  readonly tags: readonly string[];
  readonly namespace: string;
  /** Who started the run, for `current`. */
  readonly user: string;
  readonly originRun?: string;
}
