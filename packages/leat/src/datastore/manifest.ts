/**
 * What an attempt leaves: one JSON object, written with create-if-absent. Until it is there the attempt has left
 * nothing visible; once it is there the attempt is decided.
 */

/** Facts of a stored value that need no look at its bytes. */
export interface ArtifactFacts {
  /** sha256 (hex) of the encoded, uncompressed value: equal hashes mean equal values. */
  readonly hash: string;
  /** Bytes of the encoded, uncompressed value. */
  readonly size: number;
  /** Name of the codec with its version, such as `v8/1`, `bytes/1`, `file/1`. */
  readonly codec: string;
  /** For people: `string`, `number`, `Array(3)`, `Float64Array(1000)`, `Map(2)`, `file report.csv`. */
  readonly type: string;
  /** sha256 (hex) of the files that the value refers to (`file/1`, or files inside an array): `gc` must keep them. */
  readonly files?: readonly string[];
}

/** Where the bytes are: in this manifest, in another attempt's manifest (passed on untouched), or in a blob of their own. */
export type ArtifactRef = ArtifactFacts &
  (
    | { readonly stored: 'inline'; readonly data: string }
    | { readonly stored: 'manifest'; readonly manifest: string; readonly name: string }
    | { readonly stored: 'blob' }
  );

/** What the step decided with `this.next(…)`. */
export type Outcome =
  | { readonly kind: 'end' }
  | { readonly kind: 'linear' }
  | { readonly kind: 'branch' }
  | { readonly kind: 'switch'; readonly choice: string }
  | { readonly kind: 'foreach'; readonly items: StoredItems };

/** The items of a foreach: blocks of encoded items; each item is a byte range, so a task reads its own only. */
export interface StoredItems {
  readonly count: number;
  /** Key of the object that lists the blocks (JSON `ItemBlock[]`); absent when `count` is 0. */
  readonly index?: string;
}

/** A run of neighbouring items in one object. `offsets` has one entry more than there are items. */
export interface ItemBlock {
  readonly key: string;
  readonly first: number;
  readonly offsets: readonly number[];
  /** sha256 (hex) of the files that the items refer to. */
  readonly files?: readonly string[];
}

/** Why an attempt failed, design §5.1. One closed list for all layers. */
export type FailureReason =
  | 'error'
  | 'exit'
  | 'out-of-memory'
  | 'timeout'
  | 'interrupted'
  | 'lost'
  | 'start-failed'
  | 'refused'
  | 'cancelled';

/** A failure as data: what is shown, stored in a manifest, in the metadata, and (as `Failure`) in a caught field. */
export interface FailureRecord {
  readonly reason: FailureReason;
  /** The error's class name, or the reason again. */
  readonly type: string;
  readonly message: string;
  /** With the user's own file:line, through source maps. */
  readonly stack?: string;
  /** First place in the user's code. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  /** The source lines around `place`. */
  readonly frame?: string;
  /** A stable code when the error is a `LeatError`. */
  readonly code?: string;
  readonly hint?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

interface ManifestHead {
  readonly version: 1;
  readonly task: string;
  readonly attempt: number;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export type AttemptManifest =
  | (ManifestHead & {
      readonly status: 'succeeded';
      readonly outcome: Outcome;
      readonly artifacts: Readonly<Record<string, ArtifactRef>>;
      /** Set when no process ran: `@catchError` stood in for the step. */
      readonly caught?: FailureRecord;
    })
  | (ManifestHead & { readonly status: 'failed'; readonly failure: FailureRecord });
