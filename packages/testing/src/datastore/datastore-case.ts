import type { Datastore } from 'leat/datastore';

/** What a case may use. Whoever runs it closes what was opened. */
export interface DatastoreUnderTest {
  readonly store: Datastore;
  /** Opens the same objects once more. */
  connect(): Promise<Datastore>;
}

/** One thing that a datastore promises. */
export interface DatastoreCase {
  readonly name: string;
  /** Rejects with an `AssertionError` when the store does not keep the promise. */
  run(subject: DatastoreUnderTest): Promise<void>;
}
