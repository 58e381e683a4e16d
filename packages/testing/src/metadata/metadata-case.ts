import type { MetadataStore } from 'leat/metadata';

/** What a case may use. Whoever runs it closes what was opened. */
export interface MetadataUnderTest {
  readonly store: MetadataStore;
  /** Opens the same metadata once more. */
  connect(): Promise<MetadataStore>;
}

/** One thing that a metadata store promises. */
export interface MetadataCase {
  readonly name: string;
  /** Rejects with an `AssertionError` when the store does not keep the promise. */
  run(subject: MetadataUnderTest): Promise<void>;
}
