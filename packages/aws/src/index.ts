/** Leat on AWS. The datastore on S3 is an entry of its own, `@leat/aws/s3`, which `leat` loads by name for `s3:` URLs. */
export { batch } from './batch/decorator.ts';
export type { BatchOptions, EfsVolume, HostVolume } from './batch/options.ts';
