/** The driver of the datastore as one file, for processes without node_modules: `leat` loads it by the path that it is told. */
import type { Datastore } from 'leat/datastore';
import { openS3Datastore } from './s3-datastore.ts';

export { serveSyncCalls } from './sync/serve-sync-calls.ts';

/** Opens the datastore at an `s3:` URL. */
export const openDatastore = (url: string): Datastore => openS3Datastore(url);
