/** The datastore on S3. `leat` loads this by name for `s3:` URLs. */

export { openS3Datastore, S3Datastore, type S3DatastoreOptions } from './s3-datastore.ts';
