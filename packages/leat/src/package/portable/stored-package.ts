import type { Platform } from '../native/platform.ts';

/** A complete package in the datastore, one object. */
export interface StoredPackage {
  readonly key: string;
  readonly platform: Platform;
  /** In bytes, as it is stored. */
  readonly size: number;
  /** In bytes, of all its files. */
  readonly unpackedSize: number;
  /** How many files it holds. */
  readonly files: number;
}
