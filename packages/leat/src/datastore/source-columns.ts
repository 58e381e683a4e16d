// Apart from `source-index.ts`: the scheduler, which is pure, makes these.

/** Where results come from; the same for many places. */
export interface SourceKind {
  readonly step: string;
  readonly iteration: number;
  readonly attempt: number;
  /** The run that wrote the manifests. */
  readonly run: string;
}

/** The inputs of a join, in the order of the split; one entry a place in each of the columns. */
export interface SourceColumns {
  readonly flow: string;
  /** Foreach indexes of the split; an input's path is this and its place. */
  readonly path: readonly number[];
  readonly kinds: readonly SourceKind[];
  /** Keys of packs. */
  readonly packs: readonly string[];
  readonly count: number;
  /** Which of `kinds`. */
  readonly kind: ArrayLike<number>;
  /** 0: the manifest is an object of its own; n: it is in `packs[n - 1]`. */
  readonly pack: ArrayLike<number>;
  /** Of the manifest in the pack, in bytes; not looked at without a pack. */
  readonly offset: ArrayLike<number>;
  readonly length: ArrayLike<number>;
}
