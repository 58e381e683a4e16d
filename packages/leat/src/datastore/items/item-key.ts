import { blobKey } from '../keys.ts';

/** Key of a block of items by the sha256 (hex) of its content. */
export const blockKey = (hash: string): string => `${blobKey(hash)}.items`;

/** Key of the list of blocks by the sha256 (hex) of its content. */
export const indexKey = (hash: string): string => `${blobKey(hash)}.index`;
