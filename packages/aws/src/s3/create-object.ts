import type { S3Api } from './api.ts';
import { isMarked, newMark } from './multipart.ts';

/**
 * Creates an object with `If-None-Match: *`; `false` when there is one already. The answer to a write may be lost, and the write
 * that is sent again then finds its own object: it is told by its mark.
 */
export async function createObject(api: S3Api, name: string, body: readonly Uint8Array[]): Promise<boolean> {
  const mark = newMark();
  const answer = await api.put(name, body, { metadata: mark, when: { absent: true } });
  return answer.done || (answer.repeated && isMarked(await api.head(name), mark));
}
