import { blobKey } from '../keys.ts';

/** Key of a chunk of items by the sha256 (hex) of its content. */
export const chunkKey = (hash: string): string => `${blobKey(hash)}.items`;

/** Key of the list of chunks by the sha256 (hex) of its content. */
export const indexKey = (hash: string): string => `${blobKey(hash)}.index`;
