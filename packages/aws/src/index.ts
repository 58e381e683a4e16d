/** Leat on AWS. The datastore on S3 is an entry of its own, `@leat/aws/s3`, which `leat` loads by name for `s3:` URLs. */
export { batch } from './batch/decorator.ts';
export type { BatchOptions, EfsVolume, HostVolume } from './batch/options.ts';
/** Leat on AWS. `leat` loads `@leat/aws/s3` by name for `s3:` URLs. */
export { parseS3Url, type S3Location } from './s3/s3-location.ts';
export { vendor } from './vendor.ts';
