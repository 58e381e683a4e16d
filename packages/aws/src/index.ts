/** Leat on AWS. `leat` loads `@leat/aws/s3` by name for `s3:` URLs. */
export { openS3Datastore, S3Datastore, type S3DatastoreOptions } from './s3/index.ts';
