/** What another process needs to open a datastore as this one has it open: where it is, and who asks. */
export interface DatastoreAccess {
  /** Variables of the process. Secrets may be among them: they belong in no place that others see. */
  readonly environment: Readonly<Record<string, string>>;
  /** Text by file name, for the folder that was named: secrets that are renewed while the process runs. */
  readonly files: Readonly<Record<string, string>>;
  /** When to ask for the files again, in milliseconds since the epoch; absent: they stay as they are. */
  readonly renewAt?: number;
  /** It listens on the loopback of this machine: what has a network of its own does not reach it. */
  readonly onLoopback: boolean;
}
