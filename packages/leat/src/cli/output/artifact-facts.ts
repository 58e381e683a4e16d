import { type ArtifactListing, StoredFile, type TaskReader } from '../../client/index.ts';

/** What is shown of an artifact instead of its value. */
export interface ShownFacts {
  readonly name: string;
  readonly type: string;
  readonly codec: string;
  /** In bytes. */
  readonly size: number;
  /** sha256, in hex. */
  readonly hash: string;
  /** A file artifact: what the file is called. `size` and `hash` are the file's, then. */
  readonly file?: string;
}

/** The facts of an artifact. Of a file those of its content: the artifact itself only says where that is. */
export async function shownFacts(
  task: Pick<TaskReader, 'get'>,
  { name, type, codec, size, hash }: ArtifactListing,
): Promise<ShownFacts> {
  const value = codec.startsWith('file/') ? await task.get(name) : undefined;
  if (!(value instanceof StoredFile)) return { name, type, codec, size, hash };
  return { name, type, codec, file: value.name, size: value.size, hash: value.hash };
}
