import { blobKey } from '../keys.ts';

/** Key of a file by the sha256 (hex) of its content. Apart from values: a file is stored as it is, without a header. */
export const fileKey = (hash: string): string => `${blobKey(hash)}.raw`;
