/** The datastore on S3. `leat` loads this by name for `s3:` URLs. */
export { parseS3Url, type S3Location } from './s3-location.ts';
