/** Leat on AWS. `leat` loads `@leat/aws/s3` by name for `s3:` URLs. */
export { parseS3Url, type S3Location } from './s3/s3-location.ts';
export { batch } from './batch/decorator.ts';
export type { BatchOptions, EfsVolume, HostVolume } from './batch/options.ts';
