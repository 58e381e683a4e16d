/** `error`: something that was committed cannot be read; `warning`: something waits for you; `note`: nothing is wrong. */
export type FindingLevel = 'error' | 'warning' | 'note';

/** What kind of thing was found: stable, for programs. */
export type FindingKind =
  | 'metadata-missing'
  | 'metadata-unreadable'
  | 'metadata-damaged'
  | 'log-incomplete'
  | 'run-abandoned'
  | 'lease-ahead'
  | 'package-damaged'
  | 'manifest-missing'
  | 'manifest-damaged'
  | 'content-missing'
  | 'content-damaged'
  | 'unreadable'
  | 'temporary-files'
  | 'unreferenced'
  | 'unknown-run'
  | 'set-aside'
  | 'more';

/** One thing that was found. */
export interface Finding {
  readonly level: FindingLevel;
  readonly kind: FindingKind;
  /** What is wrong, with the name of the thing. */
  readonly message: string;
  /** What that means for whoever uses it. */
  readonly meaning: string;
  /** The command that repairs it, or what else to do. */
  readonly repair?: string;
  /** Key in the datastore. */
  readonly key?: string;
  /** Path of this machine, where it has one. */
  readonly path?: string;
  /** `TrainFlow/417` */
  readonly run?: string;
  /** Address within the run. */
  readonly task?: string;
  /** What `--repair` did about it. */
  readonly repaired?: string;
}

/** Takes findings as they are made. */
export type Report = (finding: Finding) => void;
