import type { Datastore } from '../../datastore/datastore.ts';
import { manifestObject } from '../../datastore/packs/packed-key.ts';
import type { Contents } from './contents.ts';
import type { Report } from './finding.ts';
import type { Manifests } from './manifests.ts';

/** What all checks of one examination share. */
export interface Examination {
  readonly datastore: Datastore;
  readonly contents: Contents;
  readonly manifests: Manifests;
  readonly report: Report;
  /** Leave out what reads all bytes. */
  readonly quick: boolean;
  /** Do what is safe. */
  readonly repair: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Where an object is, for a finding. */
export function placeOf(datastore: Datastore, key: string): { readonly key: string; readonly path?: string } {
  const path = datastore.localPath(manifestObject(key));
  return path === undefined ? { key } : { key, path };
}

/** What somebody wants to know of an error that ends one check and not the others. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
